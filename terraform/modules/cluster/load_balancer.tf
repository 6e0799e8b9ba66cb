# What the AWS Load Balancer Controller may do for an ALB with pods as targets:
# it makes what it tags as this cluster's, and changes only what has that tag.
# NLBs, Cognito and Global Accelerator are not used and not allowed; of WAF and
# Shield only what tells that they are not used.

locals {
  elb      = "arn:${local.partition}:elasticloadbalancing:${local.region}:${local.account}"
  ec2      = "arn:${local.partition}:ec2:${local.region}:${local.account}"
  ours     = { StringEquals = { "aws:ResourceTag/elbv2.k8s.aws/cluster" = var.name } }
  becoming = { StringEquals = { "aws:RequestTag/elbv2.k8s.aws/cluster" = var.name } }

  load_balancer_resources = ["${local.elb}:loadbalancer/app/*", "${local.elb}:targetgroup/*"]
  listener_resources      = ["${local.elb}:listener/app/*", "${local.elb}:listener-rule/app/*"]

  load_balancer_policy = {
    Version = "2012-10-17"
    Statement = [
      { # comparing what is with what should be; these calls know no resources
        Sid    = "Look"
        Effect = "Allow"
        Action = [
          "acm:DescribeCertificate", "acm:ListCertificates",
          "ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeAvailabilityZones",
          "ec2:DescribeCoipPools", "ec2:DescribeInstances", "ec2:DescribeInternetGateways", "ec2:DescribeIpamPools",
          "ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups",
          "ec2:DescribeSubnets", "ec2:DescribeTags", "ec2:DescribeVpcPeeringConnections", "ec2:DescribeVpcs",
          "ec2:GetCoipPoolUsage", "ec2:GetSecurityGroupsForVpc",
          "elasticloadbalancing:DescribeCapacityReservation", "elasticloadbalancing:DescribeListenerAttributes",
          "elasticloadbalancing:DescribeListenerCertificates", "elasticloadbalancing:DescribeListeners",
          "elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeLoadBalancers",
          "elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeSSLPolicies",
          "elasticloadbalancing:DescribeTags", "elasticloadbalancing:DescribeTargetGroupAttributes",
          "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth",
          "elasticloadbalancing:DescribeTrustStores",
          "shield:DescribeProtection", "shield:GetSubscriptionState",
          "wafv2:GetWebACL", "wafv2:GetWebACLForResource",
        ]
        Resource = "*"
      },
      { # the account's first load balancer makes this role
        Sid       = "FirstLoadBalancer"
        Effect    = "Allow"
        Action    = "iam:CreateServiceLinkedRole"
        Resource  = "arn:${local.partition}:iam::${local.account}:role/aws-service-role/elasticloadbalancing.amazonaws.com/*"
        Condition = { StringEquals = { "iam:AWSServiceName" = "elasticloadbalancing.amazonaws.com" } }
      },
      { # load balancers and target groups, which are tagged as ours while made
        Sid       = "Create"
        Effect    = "Allow"
        Action    = ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"]
        Resource  = local.load_balancer_resources
        Condition = local.becoming
      },
      { # listeners of our load balancers, rules of our listeners
        Sid       = "CreateListeners"
        Effect    = "Allow"
        Action    = ["elasticloadbalancing:CreateListener", "elasticloadbalancing:CreateRule"]
        Resource  = concat(["${local.elb}:loadbalancer/app/*"], ["${local.elb}:listener/app/*"])
        Condition = local.ours
      },
      { # tagging within the calls that create, as ours
        Sid      = "TagWhatIsCreated"
        Effect   = "Allow"
        Action   = "elasticloadbalancing:AddTags"
        Resource = concat(local.load_balancer_resources, local.listener_resources)
        Condition = { StringEquals = {
          "aws:RequestTag/elbv2.k8s.aws/cluster" = var.name
          "elasticloadbalancing:CreateAction"    = ["CreateLoadBalancer", "CreateTargetGroup", "CreateListener", "CreateRule"]
        } }
      },
      { # changing and removing ours
        Sid    = "Change"
        Effect = "Allow"
        Action = [
          "elasticloadbalancing:AddListenerCertificates", "elasticloadbalancing:AddTags",
          "elasticloadbalancing:DeleteListener", "elasticloadbalancing:DeleteLoadBalancer",
          "elasticloadbalancing:DeleteRule", "elasticloadbalancing:DeleteTargetGroup",
          "elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyListenerAttributes",
          "elasticloadbalancing:ModifyLoadBalancerAttributes", "elasticloadbalancing:ModifyRule",
          "elasticloadbalancing:ModifyTargetGroup", "elasticloadbalancing:ModifyTargetGroupAttributes",
          "elasticloadbalancing:RemoveListenerCertificates", "elasticloadbalancing:RemoveTags",
          "elasticloadbalancing:SetIpAddressType", "elasticloadbalancing:SetRulePriorities",
          "elasticloadbalancing:SetSecurityGroups", "elasticloadbalancing:SetSubnets",
        ]
        Resource  = concat(local.load_balancer_resources, local.listener_resources)
        Condition = local.ours
      },
      { # pods come and go as targets of our groups
        Sid       = "Targets"
        Effect    = "Allow"
        Action    = ["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"]
        Resource  = "${local.elb}:targetgroup/*"
        Condition = local.ours
      },
      { # a security group for the ALB, in our VPC
        Sid      = "CreateSecurityGroup"
        Effect   = "Allow"
        Action   = "ec2:CreateSecurityGroup"
        Resource = ["${local.ec2}:security-group/*", "${local.ec2}:vpc/${var.vpc_id}"]
      },
      { # which is tagged as ours while made
        Sid      = "TagSecurityGroup"
        Effect   = "Allow"
        Action   = "ec2:CreateTags"
        Resource = "${local.ec2}:security-group/*"
        Condition = { StringEquals = {
          "aws:RequestTag/elbv2.k8s.aws/cluster" = var.name
          "ec2:CreateAction"                     = "CreateSecurityGroup"
        } }
      },
      { # and is changed and removed only with that tag
        Sid    = "ChangeSecurityGroup"
        Effect = "Allow"
        Action = [
          "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateTags", "ec2:DeleteSecurityGroup", "ec2:DeleteTags",
          "ec2:RevokeSecurityGroupIngress",
        ]
        Resource  = "${local.ec2}:security-group/*"
        Condition = local.ours
      },
      { # opening the nodes' group, which EKS made and tagged, to the ALB
        Sid       = "OpenNodes"
        Effect    = "Allow"
        Action    = ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"]
        Resource  = "${local.ec2}:security-group/${aws_eks_cluster.this.vpc_config[0].cluster_security_group_id}"
        Condition = { StringEquals = { "aws:ResourceTag/kubernetes.io/cluster/${var.name}" = "owned" } }
      },
    ]
  }
}
