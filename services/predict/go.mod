module github.com/treehouse-ml/treehouse/services/predict

go 1.26.0

require (
	github.com/treehouse-ml/treehouse/proto v0.0.0
	github.com/treehouse-ml/treehouse/services/internal v0.0.0
	github.com/treehouse-ml/treehouse/services/scoring v0.0.0
)

replace (
	github.com/treehouse-ml/treehouse/proto => ../../proto
	github.com/treehouse-ml/treehouse/services/internal => ../internal
	github.com/treehouse-ml/treehouse/services/scoring => ../scoring
)
