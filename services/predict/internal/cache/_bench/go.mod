// The benchmark of the response cache, and what compares it with Redis: a
// module of its own, so that predict does not carry a client of Redis.
module github.com/treehouse-ml/treehouse/services/predict/internal/cache/_bench

go 1.26.0

require (
	github.com/prometheus/client_golang v1.25.0
	github.com/redis/go-redis/v9 v9.23.0
	github.com/treehouse-ml/treehouse/services/predict v0.0.0
	github.com/treehouse-ml/treehouse/services/scoring v0.0.0
)

require (
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/pierrec/lz4/v4 v4.1.33 // indirect
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.72.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/ulikunitz/xz v0.5.17 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/sys v0.48.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace (
	github.com/treehouse-ml/treehouse/proto => ../../../../../proto
	github.com/treehouse-ml/treehouse/services/internal => ../../../../internal
	github.com/treehouse-ml/treehouse/services/predict => ../../..
	github.com/treehouse-ml/treehouse/services/scoring => ../../../../scoring
)
