# Two managed groups with the same taints, which is none: a pod fits both. The
# cluster autoscaler is told to try groups with "spot" in their name first, and
# takes the on-demand one where there is no Spot capacity.

locals {
  groups = {
    main = { capacity = "ON_DEMAND", types = var.on_demand.types, min = var.on_demand.min, max = var.on_demand.max }
    spot = { capacity = "SPOT", types = var.spot.types, min = 0, max = var.spot.max }
  }
}

resource "aws_launch_template" "node" {
  for_each    = local.groups
  name_prefix = "${var.name}-${each.key}-"

  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_type           = "gp3"
      volume_size           = var.node_disk_gib
      encrypted             = true
      delete_on_termination = true
    }
  }

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
    # The CloudWatch agent is a pod that reads which instance it is on. Others
    # get nothing worth having: the node's role pulls images and registers.
    http_put_response_hop_limit = 2 #checkov:skip=CKV_AWS_341:two hops are what a pod needs, see above
  }

  monitoring {
    enabled = true
  }

  # The provider's default tags do not reach what a group starts, which is most
  # of the bill.
  dynamic "tag_specifications" {
    for_each = toset(["instance", "volume", "network-interface"])
    content {
      resource_type = tag_specifications.value
      tags          = merge(data.aws_default_tags.current.tags, { Name = "${var.name}-${each.key}" })
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_eks_node_group" "this" {
  for_each               = local.groups
  cluster_name           = aws_eks_cluster.this.name
  node_group_name_prefix = "${var.name}-${each.key}-"
  node_role_arn          = aws_iam_role.node.arn
  subnet_ids             = var.private_subnet_ids
  version                = var.kubernetes_version
  ami_type               = "AL2023_x86_64_STANDARD"
  capacity_type          = each.value.capacity
  instance_types         = each.value.types
  labels                 = { "treehouse.dev/capacity" = lower(replace(each.value.capacity, "_", "-")) }

  launch_template {
    id      = aws_launch_template.node[each.key].id
    version = aws_launch_template.node[each.key].latest_version
  }

  scaling_config {
    desired_size = each.value.min
    min_size     = each.value.min
    max_size     = each.value.max
  }

  update_config {
    max_unavailable = 1
  }

  node_repair_config {
    enabled = true
  }

  lifecycle {
    create_before_destroy = true
    ignore_changes        = [scaling_config[0].desired_size] # the autoscaler's
  }

  depends_on = [
    aws_iam_role_policy_attachment.node,
    aws_eks_addon.before_nodes, # a node without network never becomes ready
  ]
}

resource "aws_iam_role" "node" {
  name = "${var.name}-node"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ # instances act as this role
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

# Registering and pulling images, no more: what the network plugin needs, which
# a platform often gives to every node, is the plugin's own role in addons.tf.
resource "aws_iam_role_policy_attachment" "node" {
  for_each   = toset(["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"])
  role       = aws_iam_role.node.name
  policy_arn = "${local.policies}/${each.value}"
}
