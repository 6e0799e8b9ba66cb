# Sourced by test.sh: mistakes, each with the check that must find it.
# shellcheck shell=bash

# Shapes and types, by the provider's schema.
catches validate modules/network main.tf 's/enable_dns_hostnames/enable_dns_hostname/'
catches validate modules/cluster nodes.tf 's/(volume_size +=) .*/\1 ["50"]/'
catches validate modules/cluster main.tf '/^  role_arn /d'
catches validate modules/network main.tf 's/"aws_nat_gateway" "this"/"aws_natgateway" "this"/'
catches validate modules/models main.tf 's/versioning_configuration \{/versioning {/'
catches validate modules/gitops main.tf 's/create_namespace/make_namespace/'
catches validate live/dev versions.tf 's/^  region = var/  regoin = var/'
catches validate live/dev versions.tf 's/^  kubernetes = /  kubernets = /'
catches validate live/prod main.tf 's/module\.network\.vpc_id/module.network.vpc/'

# What the platform must be, by the modules' tests.
catches platform modules/network variables.tf 's#10\.0\.0\.0/16"$#10.1.0.0/16"#'
catches platform modules/network main.tf 's/101 \+ i/11 + i/'
catches platform modules/network main.tf 's/(map_public_ip_on_launch =) false$/\1 true/'
catches platform modules/network main.tf 's/nat_gateway_id +=.*/gateway_id = aws_internet_gateway.this.id/'
catches platform modules/network endpoints.tf 's#(cidr_ipv4 +=) .*#\1 "0.0.0.0/0"#'
catches platform modules/network acl.tf '/"51-rdp"/d'
catches platform modules/cluster nodes.tf 's/(encrypted +=) true/\1 false/'
catches platform modules/cluster nodes.tf 's/capacity = "ON_DEMAND"/capacity = "SPOT"/'
catches platform modules/cluster nodes.tf 's/^  capacity_type .*/&\n  taint {\n    key    = "spot"\n    effect = "NO_SCHEDULE"\n  }/'
catches platform modules/cluster main.tf 's/(endpoint_public_access +=) .*/\1 true/'
catches platform modules/cluster autoscaler.tf 's/"autoscaling:SetDesiredCapacity"/"autoscaling:*"/'
catches platform modules/cluster load_balancer.tf 's/^( +)Condition = local\.ours/\1# no condition/'
catches unit modules/models roles.tf 's/"s3:GetObject", "s3:GetObjectVersion"/"s3:*"/'
catches unit modules/models main.tf 's/(block_public_policy +=) true/\1 false/'
catches unit modules/observability variables.tf 's/(default +=) 30/\1 90/'
catches unit modules/budget main.tf 's/FORECASTED = 100/FORECASTED = 200/'
catches unit live/dev main.tf 's/treehouse-dev/treehouse/'
catches protected modules/models main.tf 's/prevent_destroy = var\.protected/prevent_destroy = false/'

# That wrong values are refused, by the tests of validations.
catches refused modules/network variables.tf 's/contains\(\[2, 3\]/contains([1, 2, 3]/'
catches refused modules/cluster variables.tf 's/>= 16\]/>= 0]/'
catches refused modules/cluster variables.tf 's/(length\(distinct\(var\.spot\.types\)\)) >= 2/\1 >= 1/'
catches unit modules/hybrid variables.tf 's/startswith\(var\.site\.certificate_arn, "arn:"\)/true || var.site.asn > 0/'
catches unit modules/gitops variables.tf 's/\^https:\/\/\[\^@ \]\+\$/^https:/'

# What nobody thought of testing, by the scanners.
catches security modules/network endpoints.tf 's/(from_port +=) 443/\1 22/; s#(cidr_ipv4 +=) .*#\1 "0.0.0.0/0"#'
catches security modules/network flow_logs.tf 's/"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"/"*"/; s/(Resource = )\[.*/\1"*"/'
catches security modules/models main.tf 's/(block_public_acls +=) true/\1 false/'
catches lint modules/network variables.tf '$ a variable "unused" {\n  description = "Of nothing"\n  type        = string\n}'
catches lint modules/network variables.tf '/description = "AWS region, as in us-west-2"/d'
catches format modules/network main.tf 's/enable_dns_support   = /enable_dns_support = /'
