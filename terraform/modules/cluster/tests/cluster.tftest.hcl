mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_region" {
    defaults = { region = "us-west-2" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_default_tags" {
    defaults = { tags = { Environment = "test" } }
  }
  mock_resource "aws_eks_cluster" {
    defaults = { arn = "arn:aws:eks:us-west-2:123456789012:cluster/test", certificate_authority = [{ data = "LS0t" }] }
  }
}

variables {
  name                    = "test"
  vpc_id                  = "vpc-0123"
  private_subnet_ids      = ["subnet-1", "subnet-2", "subnet-3"]
  admins                  = ["arn:aws:iam::123456789012:role/platform"]
  viewers                 = ["arn:aws:iam::123456789012:role/analysts"]
  control_plane_log_group = "/aws/eks/test/cluster"
  protected               = false # else the test could not clean up
}

run "control_plane" {
  command = plan
  assert {
    condition     = aws_eks_cluster.this.version == "1.36" && alltrue([for group in aws_eks_node_group.this : group.version == "1.36"])
    error_message = "control plane and nodes are Kubernetes 1.36"
  }
  assert {
    condition     = aws_eks_cluster.this.enabled_cluster_log_types == toset(["api", "audit", "authenticator", "controllerManager", "scheduler"])
    error_message = "the control plane logs everything"
  }
  assert {
    condition     = aws_eks_cluster.this.encryption_config[0].resources == toset(["secrets"]) && aws_kms_key.secrets.enable_key_rotation
    error_message = "secrets are encrypted with a key that is rotated"
  }
  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].endpoint_private_access && !aws_eks_cluster.this.vpc_config[0].endpoint_public_access
    error_message = "without api_cidrs the API server is not on the internet"
  }
  assert {
    condition     = aws_eks_cluster.this.access_config[0].authentication_mode == "API" && !aws_eks_cluster.this.access_config[0].bootstrap_cluster_creator_admin_permissions
    error_message = "who gets in is told by access entries alone"
  }
  assert {
    condition     = keys(aws_eks_access_policy_association.admin) == var.admins && keys(aws_eks_access_policy_association.viewer) == var.viewers
    error_message = "admins administer and viewers view"
  }
  assert {
    condition     = endswith(aws_eks_access_policy_association.viewer[var.viewers[0]].policy_arn, "/AmazonEKSViewPolicy")
    error_message = "viewers see no secrets"
  }
}

run "is_protected_by_default" {
  command = plan
  variables {
    protected = null
  }
  assert {
    condition     = aws_eks_cluster.this.deletion_protection
    error_message = "the cluster is protected unless it is said otherwise"
  }
}

run "nodes" {
  command = plan
  assert {
    condition     = { for key, group in aws_eks_node_group.this : key => [group.capacity_type, join(",", group.instance_types), group.scaling_config[0].min_size, group.scaling_config[0].max_size] } == { main = ["ON_DEMAND", "t3.medium", 2, 10], spot = ["SPOT", "t3.medium,t3.large", 0, 5] }
    error_message = "on demand t3.medium 2 to 10, Spot t3.medium and t3.large 0 to 5"
  }
  assert {
    condition     = alltrue([for group in aws_eks_node_group.this : group.subnet_ids == toset(var.private_subnet_ids)])
    error_message = "nodes are in private subnets, in every zone"
  }
  assert {
    condition     = alltrue([for group in aws_eks_node_group.this : group.ami_type == "AL2023_x86_64_STANDARD"])
    error_message = "nodes are AL2023"
  }
  assert {
    condition     = alltrue([for template in aws_launch_template.node : template.block_device_mappings[0].ebs[0].encrypted == "true" && template.block_device_mappings[0].ebs[0].volume_type == "gp3"])
    error_message = "disks of nodes are encrypted gp3"
  }
  assert {
    condition     = alltrue([for template in aws_launch_template.node : template.metadata_options[0].http_tokens == "required" && length(template.network_interfaces) == 0])
    error_message = "nodes want a session for their metadata, and have no public address"
  }
}

run "costs_are_told_apart" {
  command = plan
  assert {
    condition     = alltrue(flatten([for template in aws_launch_template.node : [for specification in template.tag_specifications : specification.tags["Environment"] == "test"]]))
    error_message = "instances, their disks and interfaces have the tags of costs"
  }
  assert {
    condition     = jsondecode(aws_eks_addon.after_nodes["aws-ebs-csi-driver"].configuration_values).controller.extraVolumeTags == { Environment = "test" }
    error_message = "volumes of pods have them, too"
  }
}

# A pod fits either group, and the autoscaler's priorities find the Spot one by
# its name: no Spot capacity means on-demand nodes, not pending pods.

run "spot_falls_back_to_on_demand" {
  command = plan
  assert {
    condition     = alltrue([for group in aws_eks_node_group.this : length(group.taint) == 0])
    error_message = "no group refuses a pod that the other takes"
  }
  assert {
    condition     = strcontains(aws_eks_node_group.this["spot"].node_group_name_prefix, "spot") && !strcontains(aws_eks_node_group.this["main"].node_group_name_prefix, "spot")
    error_message = "the name tells which group is Spot"
  }
  assert {
    condition     = aws_eks_node_group.this["main"].scaling_config[0].max_size >= aws_eks_node_group.this["spot"].scaling_config[0].max_size
    error_message = "the on-demand group can take over from the Spot group"
  }
}

run "addons" {
  command = plan
  assert {
    condition     = toset(concat(keys(aws_eks_addon.before_nodes), keys(aws_eks_addon.after_nodes))) == toset(["vpc-cni", "kube-proxy", "coredns", "eks-pod-identity-agent", "aws-ebs-csi-driver", "amazon-cloudwatch-observability"])
    error_message = "every add-on is there"
  }
  assert {
    condition     = jsondecode(aws_eks_addon.before_nodes["vpc-cni"].configuration_values).enableNetworkPolicy == "true"
    error_message = "network policies are enforced"
  }
  assert {
    condition     = jsondecode(aws_eks_addon.after_nodes["aws-ebs-csi-driver"].configuration_values).defaultStorageClass.enabled
    error_message = "there is a default storage class"
  }
  assert {
    condition     = alltrue([for name, addon in merge(aws_eks_addon.before_nodes, aws_eks_addon.after_nodes) : length(addon.pod_identity_association) == (contains(["vpc-cni", "aws-ebs-csi-driver", "amazon-cloudwatch-observability"], name) ? 1 : 0)])
    error_message = "add-ons that call AWS have a role of their own by Pod Identity"
  }
}

run "least_privilege" {
  assert {
    condition     = toset([for attachment in aws_iam_role_policy_attachment.node : basename(attachment.policy_arn)]) == toset(["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"])
    error_message = "a node may register and pull images"
  }
  assert {
    condition     = alltrue(flatten([for policy in aws_iam_role_policy.controller : [for statement in jsondecode(policy.policy).Statement : [for action in flatten([statement.Action]) : !strcontains(action, "*")]]]))
    error_message = "no action has a wildcard"
  }
  assert {
    condition     = alltrue(flatten([for policy in aws_iam_role_policy.controller : [for statement in jsondecode(policy.policy).Statement : statement.Resource != "*" || alltrue([for action in flatten([statement.Action]) : can(regex("^[a-z0-9-]+:(Describe|Get|List)", action))])]]))
    error_message = "only looking is allowed on every resource"
  }
  assert {
    condition     = alltrue(flatten([for policy in aws_iam_role_policy.controller : [for statement in jsondecode(policy.policy).Statement : can(statement.Condition) || alltrue([for action in flatten([statement.Action]) : can(regex("^[a-z0-9-]+:(Describe|Get|List)|^ec2:CreateSecurityGroup$", action))])]]))
    error_message = "whatever changes something is bound to this cluster's tags"
  }
  assert {
    condition     = alltrue([for role in aws_iam_role.pod : jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["aws:RequestTag/eks-cluster-arn"] == "arn:aws:eks:us-west-2:123456789012:cluster/test"])
    error_message = "pods of this cluster only get the roles"
  }
  assert {
    condition     = { for key, association in aws_eks_pod_identity_association.controller : key => "${association.namespace}/${association.service_account}" } == { aws-load-balancer-controller = "kube-system/aws-load-balancer-controller", cluster-autoscaler = "kube-system/cluster-autoscaler" }
    error_message = "the roles belong to the service accounts that argocd/values names"
  }
}

run "office" {
  command = plan
  variables {
    api_cidrs          = ["198.51.100.0/24"]
    fargate_namespaces = ["batch"]
  }
  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].public_access_cidrs == toset(["198.51.100.0/24"])
    error_message = "the API server is reached from the office, and from nowhere else"
  }
  assert {
    condition     = one(aws_eks_fargate_profile.this[0].selector).namespace == "batch"
    error_message = "the Fargate profile has the namespace"
  }
}
