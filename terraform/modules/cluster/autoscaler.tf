locals {
  autoscaler_policy = {
    Version = "2012-10-17"
    Statement = [
      { # finding groups and what their nodes would be; these calls know no resources
        Sid    = "Look"
        Effect = "Allow"
        Action = [
          "autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingInstances",
          "autoscaling:DescribeLaunchConfigurations", "autoscaling:DescribeScalingActivities", "autoscaling:DescribeTags",
          "ec2:DescribeImages", "ec2:DescribeInstanceTypes", "ec2:DescribeLaunchTemplateVersions",
          "ec2:GetInstanceTypesFromInstanceRequirements",
        ]
        Resource = "*"
      },
      { # labels and taints of a group that has no node yet
        Sid      = "LookAtGroups"
        Effect   = "Allow"
        Action   = "eks:DescribeNodegroup"
        Resource = "arn:${local.partition}:eks:${local.region}:${local.account}:nodegroup/${var.name}/*/*"
      },
      { # adding and removing nodes, of groups that EKS has tagged as this cluster's
        Sid      = "Scale"
        Effect   = "Allow"
        Action   = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"]
        Resource = "arn:${local.partition}:autoscaling:${local.region}:${local.account}:autoScalingGroup:*:autoScalingGroupName/*"
        Condition = { StringEquals = {
          "aws:ResourceTag/k8s.io/cluster-autoscaler/enabled"     = "true"
          "aws:ResourceTag/k8s.io/cluster-autoscaler/${var.name}" = "owned"
        } }
      },
    ]
  }
}
