mock_provider "helm" {}

variables {
  cluster    = "dev"
  repository = { url = "https://github.com/acme/treehouse.git" }
  aws        = { cluster_name = "treehouse-dev", region = "us-west-2", vpc_id = "vpc-0123" }
  root_chart = "../../../argocd/root"
}

run "bootstraps_argo_cd_and_the_root" {
  assert {
    condition     = helm_release.argocd.namespace == "argocd" && helm_release.argocd.version == "10.8.0"
    error_message = "Argo CD at an exact version"
  }
  assert {
    condition     = yamldecode(helm_release.root.values[0]) == { bootstrap = true, cluster = "dev", repoURL = "https://github.com/acme/treehouse.git", revision = "main", aws = { clusterName = "treehouse-dev", region = "us-west-2", vpcId = "vpc-0123" } }
    error_message = "the root application is told where Git is and what cluster this is"
  }
}

run "refuses_a_token_in_the_url" {
  command = plan
  variables {
    repository = { url = "https://token@github.com/acme/treehouse.git" }
  }
  expect_failures = [var.repository]
}

run "refuses_a_range_of_versions" {
  command = plan
  variables {
    argocd_chart_version = "~> 10"
  }
  expect_failures = [var.argocd_chart_version]
}

run "refuses_another_id" {
  command = plan
  variables {
    aws = { cluster_name = "treehouse-dev", region = "us-west-2", vpc_id = "subnet-0123" }
  }
  expect_failures = [var.aws]
}
