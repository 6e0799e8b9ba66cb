module github.com/treehouse-ml/treehouse/scripts/bench-engine/go

go 1.26.0

require (
	github.com/dmitryikh/leaves v0.0.0-20230708180554-25d19a787328
	github.com/treehouse-ml/treehouse/services/scoring v0.0.0
	golang.org/x/sys v0.48.0
)

require (
	github.com/pierrec/lz4/v4 v4.1.33 // indirect
	github.com/ulikunitz/xz v0.5.17 // indirect
	golang.org/x/text v0.42.0 // indirect
)

replace github.com/treehouse-ml/treehouse/services/scoring => ../../../services/scoring
