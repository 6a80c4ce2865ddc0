package slo

import "github.com/prometheus/client_golang/prometheus"

// collector shows to Prometheus how objectives were when they were last looked at.
type collector struct {
	service                     *Service
	target, left, rate, burning *prometheus.Desc
}

// Collector returns what shows objectives to Prometheus.
func (s *Service) Collector() prometheus.Collector {
	labels := []string{"tenant", "project", "stage", "route", "objective"}
	desc := func(name, help string, more ...string) *prometheus.Desc {
		return prometheus.NewDesc("terrace_gateway_slo_"+name, help, append(labels[:5:5], more...), nil)
	}
	return &collector{
		service: s,
		target:  desc("target", "The share that an objective promises."),
		left:    desc("error_budget_left", "The share of the error budget that is left; below 0 the promise is broken."),
		rate:    desc("burn_rate", "How fast the error budget goes; 1 uses it up in just the window of the objective.", "window"),
		burning: desc("burning", "1 where an alert holds.", "severity"),
	}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.target, c.left, c.rate, c.burning} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	all := c.service.last.Load()
	if all == nil {
		return
	}
	for _, x := range *all {
		send := func(d *prometheus.Desc, value float64, more ...string) {
			to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, append([]string{x.Tenant, x.Project, x.Stage, x.Route, x.Objective}, more...)...)
		}
		send(c.target, x.Target)
		send(c.left, x.Left)
		rates := map[string]float64{}
		for _, b := range x.Burns {
			rates[b.Long], rates[b.Short] = b.OfLong, b.OfShort
		}
		for window, rate := range rates {
			send(c.rate, rate, window)
		}
		for _, severity := range []string{Page, Ticket} {
			holds := 0.0
			if x.burning(severity) {
				holds = 1
			}
			send(c.burning, holds, severity)
		}
	}
}
