module github.com/treehouse-ml/treehouse/services/scoring

go 1.26.0
