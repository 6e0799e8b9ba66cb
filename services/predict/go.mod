module github.com/treehouse-ml/treehouse/services/predict

go 1.26.0
