module github.com/treehouse-ml/treehouse/services/gateway

go 1.26.0
