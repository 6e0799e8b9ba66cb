module "certificate" {
  source = "../"

  domain  = "housing.example.com"
  zone_id = "Z0123456789ABCDEFGHIJ"
}
