package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/accesslog"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/slo"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/slo/slosql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/tail"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/tail/tailsql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/tracing"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic/trafficsql"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// newTraffic counts what routes serve, and to whom.
func newTraffic(p *platform, a *access) (*traffic.Service, error) {
	book := &traffic.Book{Store: trafficsql.NewStore(p.db), Consumers: p.config.GatewayConsumers}
	if err := p.telemetry.Registry().Register(book.Collector()); err != nil {
		return nil, fmt.Errorf("metrics of the gateway's consumers: %w", err)
	}
	return &traffic.Service{Book: book, Authorizer: a.identity}, nil
}

// writeTraffic writes what was counted last, when the process ends.
func writeTraffic(f *fabric) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return f.traffic.Book.Write(ctx)
}

// newTail shows requests to who watches them. A process is its own node, whatever it is
// called: two that were given one name must not miss each other.
func newTail(p *platform, a *access) *tail.Service {
	return &tail.Service{Hub: &tail.Hub{}, Store: tailsql.NewStore(p.db), Authorizer: a.identity, Log: p.log, Node: kernel.NewID("node")}
}

// newObjectives watches what routes promise.
func newObjectives(p *platform, a *access, f *fabric) (*slo.Service, error) {
	s := &slo.Service{
		Routes: f.gateway, Traffic: f.traffic.Book, Store: slosql.NewStore(p.db), Authorizer: a.identity, Journal: a.journal, Tx: p.db, Log: p.log,
	}
	if err := p.telemetry.Registry().Register(s.Collector()); err != nil {
		return nil, fmt.Errorf("metrics of objectives: %w", err)
	}
	return s, nil
}

// newTracing makes the gateway a part of traces.
func newTracing(p *platform) *tracing.Tracer {
	c := tracing.Config{Ratio: p.config.TraceRatio()}
	if p.telemetry.Exports() {
		c.Tracer = p.telemetry.Tracer("github.com/terrace-idp/terrace/internal/fabric/gateway")
	}
	return tracing.New(c)
}

// The file of the access log is put aside when it is as large as this, and so many
// are kept.
const (
	accessLogSize = 64 << 20
	accessLogKept = 5
)

// newAccessLog writes what the gateway answers, nil for nowhere.
func newAccessLog(p *platform) (w *accesslog.Writer, err error) {
	var out io.WriteCloser
	switch path := p.config.GatewayAccessLog; path {
	case "off":
		return nil, nil //nolint:nilnil // none is wanted
	case "stdout":
		out = standard{os.Stdout}
	case "stderr":
		out = standard{os.Stderr}
	default:
		if path == "" {
			path = p.path("gateway-access.log")
		}
		if out, err = accesslog.OpenFile(path, accessLogSize, accessLogKept); err != nil {
			return nil, err
		}
	}
	return accesslog.New(accesslog.Config{Out: out, Log: p.log, Registerer: p.telemetry.Registry()})
}

// standard is a stream of the process, which nobody closes.
type standard struct{ io.Writer }

// Close implements io.Closer.
func (standard) Close() error { return nil }

// watchGateway shows the gateway's connections, and the services behind it, to Prometheus.
func watchGateway(p *platform, f *fabric) error {
	connections := func(listener string, of func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "terrace_gateway_connections", Help: "Connections of clients that are open, by listener.", ConstLabels: prometheus.Labels{"listener": listener},
		}, of)
	}
	for _, c := range []prometheus.Collector{
		f.proxy.Collector(),
		connections("https", func() float64 { secure, _ := f.gatewayServer.Connections(); return float64(secure) }),
		connections("http", func() float64 { _, plain := f.gatewayServer.Connections(); return float64(plain) }),
	} {
		if err := p.telemetry.Registry().Register(c); err != nil {
			return fmt.Errorf("metrics of the gateway: %w", err)
		}
	}
	return nil
}
