module github.com/treehouse-ml/treehouse/services/internal

go 1.26.0
