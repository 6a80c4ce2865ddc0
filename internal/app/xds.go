package app

import (
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/steer"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
	"github.com/terrace-idp/terrace/internal/target/local"
)

// controlPlane tells workloads how calls of their stage go; its server is nil where it is off.
type controlPlane struct{ server *xds.Server }

func (c *controlPlane) listen(ctx context.Context, p *platform, f *fabric, instances *local.Service) (err error) {
	if p.config.XDS == "" {
		return nil
	}
	about := xds.Config{Tables: f.mesh, Instances: instances, Trust: f.workloads, Beside: beside.New(), Certificate: f.authority.GetCertificate, Log: p.log, Registerer: p.telemetry.Registry()}
	about.Also = steer.New(about, f.graph).Register
	c.server, err = xds.Listen(ctx, p.config.XDS, about)
	return err
}

func (c *controlPlane) loops(g *supervise.Group) {
	if c.server != nil {
		g.Add("xDS", c.server.Serve)
	}
}

func (c *controlPlane) close() error {
	if c.server == nil {
		return nil
	}
	return c.server.Close()
}
