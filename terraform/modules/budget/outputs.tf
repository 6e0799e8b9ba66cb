output "name" {
  description = "Of the budget"
  value       = aws_budgets_budget.this.name
}
