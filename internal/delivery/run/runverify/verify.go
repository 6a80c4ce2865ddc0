// Package runverify verifies deployments: over HTTP, through Terrace's gateway
// or that of a cloud, with commands on this machine, and with queries of
// Prometheus.
//
// It owns the asking: connection, repetition, limits, judgement of an answer.
// Which checks a stage demands, and what a failed one means, is delivery/run's.
package runverify

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"

	"github.com/terrace-idp/terrace/internal/delivery/run"
)

// Config is what checks are made with.
type Config struct {
	// Gateway is the address of Terrace's own, host:port, and Trust whose certificates it has.
	Gateway string
	Trust   *tls.Config
	// RootFile is the file with the certificate of who signs for the zone, which commands are told.
	RootFile string
	// Folder is where commands have their own directories. It belongs to the
	// Checks alone: what is in it at the start is removed.
	Folder string
	// Environ are the variables of this process, KEY=value.
	Environ []string
}

// Checks makes checks of every kind.
type Checks struct {
	http       *HTTP
	command    *command
	prometheus *prometheus
}

// New returns what makes checks of every kind.
func New(c Config) (*Checks, error) {
	if err := os.RemoveAll(c.Folder); err != nil {
		return nil, fmt.Errorf("remove what former checks left: %w", err)
	}
	if err := os.MkdirAll(c.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of checks: %w", err)
	}
	return &Checks{
		http:       NewHTTP(c.Gateway, c.Trust),
		command:    &command{folder: c.Folder, rootFile: c.RootFile, environ: c.Environ},
		prometheus: newPrometheus(c.Environ),
	}, nil
}

// Verify makes one check.
func (c *Checks) Verify(ctx context.Context, in run.CheckInput) run.CheckResult {
	switch {
	case in.Check.HTTP != nil:
		return c.http.Verify(ctx, in)
	case in.Check.Command != nil:
		return c.command.verify(ctx, in)
	case in.Check.Prometheus != nil:
		return c.prometheus.verify(ctx, in)
	default:
		return run.CheckResult{Check: in.Check.Name, Message: "the check checks nothing"}
	}
}
