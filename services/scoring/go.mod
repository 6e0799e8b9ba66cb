module github.com/treehouse-ml/treehouse/services/scoring

go 1.26.0

require (
	github.com/pierrec/lz4/v4 v4.1.33
	github.com/ulikunitz/xz v0.5.17
)

require golang.org/x/sys v0.48.0

require golang.org/x/text v0.42.0
