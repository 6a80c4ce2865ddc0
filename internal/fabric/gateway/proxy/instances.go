package proxy

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
)

// Collector returns what shows the services behind the gateway to Prometheus: what
// was asked of each instance, which are left out or ill, and which breakers are open.
// Its labels are bounded by the instances that there are.
func (p *Proxy) Collector() prometheus.Collector {
	ofService := []string{"tenant", "project", "stage", "service", "port"}
	ofInstance := append(ofService[:5:5], "instance")
	desc := func(name, help string, labels []string) *prometheus.Desc {
		return prometheus.NewDesc("terrace_gateway_"+name, help, labels, nil)
	}
	return &instances{
		proxy:     p,
		requests:  desc("instance_requests_total", "Requests that an instance was asked.", ofInstance),
		failures:  desc("instance_failures_total", "Requests that failed at an instance, or were answered with 5xx.", ofInstance),
		ejections: desc("instance_ejections_total", "How often an instance was left out since it failed.", ofInstance),
		ejected:   desc("instance_ejected", "1 where an instance is left out since it failed.", ofInstance),
		healthy:   desc("instance_healthy", "0 where health checks of an instance fail.", ofInstance),
		active:    desc("instance_requests_in_flight", "Requests that an instance answers.", ofInstance),
		open:      desc("breaker_open", "1 where a breaker refuses requests to a service.", ofService),
		retries:   desc("retries_total", "Requests that were sent to a service again though it may have seen them, out of the budget.", ofService),
		refused:   desc("retries_refused_total", "Retries for which there was no budget.", ofService),
	}
}

type instances struct {
	proxy *Proxy

	requests, failures, ejections, ejected, healthy, active *prometheus.Desc
	open, retries, refused                                  *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (i *instances) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{i.requests, i.failures, i.ejections, i.ejected, i.healthy, i.active, i.open, i.retries, i.refused} {
		to <- d
	}
}

// service is what is told of a service that may be spoken to in several ways.
type service struct {
	labels           []string
	open             bool
	retried, refused int64
	instances        map[string]*instance
}

type instance struct {
	upstream.Counts

	active int64
}

// Collect implements prometheus.Collector.
func (i *instances) Collect(to chan<- prometheus.Metric) {
	for _, s := range i.proxy.services() {
		send := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, more ...string) {
			to <- prometheus.MustNewConstMetric(d, kind, value, append(s.labels[:5:5], more...)...)
		}
		send(i.open, prometheus.GaugeValue, truth(s.open))
		send(i.retries, prometheus.CounterValue, float64(s.retried))
		send(i.refused, prometheus.CounterValue, float64(s.refused))
		for addr, n := range s.instances {
			send(i.requests, prometheus.CounterValue, float64(n.Requests), addr)
			send(i.failures, prometheus.CounterValue, float64(n.Failures), addr)
			send(i.ejections, prometheus.CounterValue, float64(n.Ejections), addr)
			send(i.ejected, prometheus.GaugeValue, truth(n.Ejected), addr)
			send(i.healthy, prometheus.GaugeValue, truth(!n.Ill), addr)
			send(i.active, prometheus.GaugeValue, float64(n.active), addr)
		}
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// services adds up the clusters of each service.
func (p *Proxy) services() map[string]*service {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string]*service{}
	for _, c := range p.clusters {
		t := c.of
		labels := []string{t.scope.Tenant, t.scope.Project, t.scope.Stage, t.name(), t.Port}
		name := strings.Join(labels, "\n")
		if out[name] == nil {
			out[name] = &service{labels: labels, instances: map[string]*instance{}}
		}
		out[name].add(c.Cluster)
	}
	return out
}

func (s *service) add(c *upstream.Cluster) {
	retried, refused := c.Budget.Counts()
	s.retried, s.refused, s.open = s.retried+retried, s.refused+refused, s.open || c.Open()
	for _, m := range c.Members() {
		i := s.instances[m.Addr]
		if i == nil {
			i = &instance{}
			s.instances[m.Addr] = i
		}
		n := m.Counts()
		i.active += m.Active()
		i.Requests, i.Failures, i.Ejections = i.Requests+n.Requests, i.Failures+n.Failures, i.Ejections+n.Ejections
		i.Ejected, i.Ill = i.Ejected || n.Ejected, i.Ill || n.Ill
	}
}
