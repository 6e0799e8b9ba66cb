module github.com/treehouse-ml/treehouse/services/predict

go 1.26.0

require (
	github.com/treehouse-ml/treehouse/proto v0.0.0
	github.com/treehouse-ml/treehouse/services/internal v0.0.0
	github.com/treehouse-ml/treehouse/services/scoring v0.0.0
)

require (
	github.com/fsnotify/fsnotify v1.10.1 // indirect
	github.com/prometheus/client_golang v1.25.0 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/net v0.60.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
	golang.org/x/text v0.42.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260918162117-cecb64721679 // indirect
	google.golang.org/grpc v1.85.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace (
	github.com/treehouse-ml/treehouse/proto => ../../proto
	github.com/treehouse-ml/treehouse/services/internal => ../internal
	github.com/treehouse-ml/treehouse/services/scoring => ../scoring
)
