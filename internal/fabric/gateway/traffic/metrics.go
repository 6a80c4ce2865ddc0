package traffic

import "github.com/prometheus/client_golang/prometheus"

// collector shows a Book's consumers to Prometheus. How many there are is bounded by
// the routes and by how many consumers of each are counted apart.
type collector struct {
	book               *Book
	requests, duration *prometheus.Desc
}

// Collector returns what shows the book's consumers to Prometheus.
func (b *Book) Collector() prometheus.Collector {
	labels := []string{"tenant", "project", "stage", "route", "consumer"}
	return &collector{
		book: b,
		requests: prometheus.NewDesc("terrace_gateway_consumer_requests_total",
			"Requests answered, by route, consumer and class of status.", append(labels[:5:5], "code"), nil),
		duration: prometheus.NewDesc("terrace_gateway_consumer_request_duration_seconds",
			"Time from a request's head to the end of its answer, by route and consumer.", labels, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	to <- c.requests
	to <- c.duration
}

// classNames are the labels of classes of statuses.
var classNames = [6]string{"", "1xx", "2xx", "3xx", "4xx", "5xx"} //nolint:gochecknoglobals // never written to

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	for _, r := range c.book.all() {
		r.consumers(func(consumer string, s *series) {
			t := s.tally()
			n := t.Requests()
			if n == 0 {
				return
			}
			labels := []string{r.key.Tenant, r.key.Project, r.key.Stage, r.key.Route, consumer}
			below, sum := map[float64]uint64{}, uint64(0)
			for i, b := range bounds {
				sum += uint64(t.Places[i])
				below[b.Seconds()] = sum
			}
			to <- prometheus.MustNewConstHistogram(c.duration, uint64(n), float64(t.Nanos)/1e9, below, labels...)
			for class, count := range t.Classes {
				if count > 0 {
					to <- prometheus.MustNewConstMetric(c.requests, prometheus.CounterValue, float64(count), append(labels[:5:5], classNames[class])...)
				}
			}
		})
	}
}
