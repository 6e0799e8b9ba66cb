module github.com/treehouse-ml/treehouse/e2e

go 1.26.0
