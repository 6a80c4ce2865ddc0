package app

import (
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside/besidesql"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/steer"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
	"github.com/terrace-idp/terrace/internal/target/local"
)

// controlPlane tells workloads how calls of their stage go; its server is nil where it is off.
type controlPlane struct {
	server *xds.Server
	spread *beside.Spread
}

func (c *controlPlane) listen(ctx context.Context, p *platform, f *fabric, instances *local.Service) (err error) {
	if p.config.XDS == "" {
		return nil
	}
	about := xds.Config{Tables: f.mesh, Instances: instances, Trust: f.workloads, Beside: beside.New(), Certificate: f.authority.GetCertificate, Log: p.log, Registerer: p.telemetry.Registry()}
	about.Also = steer.New(about, f.graph).Register
	c.spread = beside.NewSpread(beside.Config{Sidecars: about.Beside, Store: besidesql.NewStore(p.db), Tx: p.db, Daemon: daemonName(p.config.Node), Log: p.log})
	c.server, err = xds.Listen(ctx, p.config.XDS, about)
	return err
}

// daemonName is one that no other daemon has, nor had one before: its node's, by which people
// find it, with what is of this start alone.
func daemonName(node string) string {
	id := kernel.NewID("daemon")
	return node + "-" + id[len(id)-8:]
}

func (c *controlPlane) loops(g *supervise.Group) {
	if c.server != nil {
		g.Add("xDS", c.server.Serve)
		g.Add("sidecars of other daemons", c.spread.Watch)
	}
}

func (c *controlPlane) close() error {
	if c.server == nil {
		return nil
	}
	return c.server.Close()
}
