plugin "terraform" {
  enabled = true
  preset  = "all"
}

# Files are named by what is in them: nodes.tf, roles.tf. An example is one file.
rule "terraform_standard_module_structure" {
  enabled = false
}
