module github.com/treehouse-ml/treehouse/proto

go 1.26.0
