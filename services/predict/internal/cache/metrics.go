package cache

import "github.com/prometheus/client_golang/prometheus"

var (
	byModel       = []string{"model"}
	hitsDesc      = prometheus.NewDesc("treehouse_response_cache_hits_total", "Rows whose answer was known.", byModel, nil)
	missesDesc    = prometheus.NewDesc("treehouse_response_cache_misses_total", "Rows that were not known.", byModel, nil)
	evictionsDesc = prometheus.NewDesc("treehouse_response_cache_evictions_total", "Answers that made room for others.", byModel, nil)
	bytesDesc     = prometheus.NewDesc("treehouse_response_cache_bytes", "Memory of the answers that are known, their keys and index among it.", byModel, nil)
	limitDesc     = prometheus.NewDesc("treehouse_response_cache_limit_bytes", "Memory that is set apart for answers.", byModel, nil)
)

// Describe implements prometheus.Collector.
func (c *Cache) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{hitsDesc, missesDesc, evictionsDesc, bytesDesc, limitDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. A model has series as long as it is
// one of those to be kept, whether it is served or not.
func (c *Cache) Collect(ch chan<- prometheus.Metric) {
	for name, u := range c.usage() {
		counter := func(d *prometheus.Desc, n uint64) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), name)
		}
		counter(hitsDesc, u.hits)
		counter(missesDesc, u.misses)
		counter(evictionsDesc, u.evictions)
		ch <- prometheus.MustNewConstMetric(bytesDesc, prometheus.GaugeValue, float64(u.bytes), name)
		ch <- prometheus.MustNewConstMetric(limitDesc, prometheus.GaugeValue, float64(u.limit), name)
	}
}

func (c *Cache) usage() map[string]usage {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[string]usage, len(c.limits))
	for name := range c.limits {
		var u usage
		if s := c.stores[name]; s != nil {
			u = s.usage()
		}
		u.counts = u.plus(c.before[name])
		all[name] = u
	}
	return all
}

func (c counts) plus(o counts) counts {
	return counts{c.hits + o.hits, c.misses + o.misses, c.evictions + o.evictions}
}
