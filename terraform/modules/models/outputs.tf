output "bucket" {
  description = "Name of the bucket"
  value       = aws_s3_bucket.this.bucket
}

output "repository_url" {
  description = "Without its region, what the chart predict takes as repository.url"
  value       = "s3://${aws_s3_bucket.this.bucket}/${var.prefix}"
}

output "reader_role_arn" {
  description = "Role of predict's pods"
  value       = aws_iam_role.reader.arn
}

output "writer_role_arn" {
  description = "Role of the pipeline that publishes models; null without ci"
  value       = var.ci == null ? null : aws_iam_role.writer[0].arn
}
