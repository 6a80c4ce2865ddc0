package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/access/keyring/keyringsql"
	"github.com/terrace-idp/terrace/internal/access/provider/providersql"
	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/keyshare"
	"github.com/terrace-idp/terrace/internal/platform/seal"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
	"github.com/terrace-idp/terrace/internal/platform/telemetry"
)

// Gateway is the data plane alone: a process that serves the routes and policies of a
// control plane's database, and changes nothing there but what it counts.
type Gateway struct {
	platform *platform
	fabric   *fabric
	events   *event.Log
	loops    *supervise.Group
	server   *httpserver.Server
	// lost is since when the database has not answered, in nanoseconds; 0 is that it does.
	lost atomic.Int64
	// renamed is what the control plane's tokens have as iss by now, nil while it is what they
	// had at the start.
	renamed atomic.Pointer[string]
}

// databaseLook is how often the gateway looks whether the database answers.
const databaseLook = 2 * time.Second

// NewGateway builds the data plane on a control plane's database, with the key that seals
// its secrets and the keys of its certificates. Nothing listens before Start. Without
// the database it has nothing to serve, and says so.
func NewGateway(ctx context.Context, c config.Config, version string, log *slog.Logger) (*Gateway, error) {
	if err := whole(c); err != nil {
		return nil, err
	}
	p := &platform{config: c, version: version, log: log, environ: os.Environ()}
	g := &Gateway{platform: p, fabric: &fabric{dataPlane: true}, loops: supervise.New(log)}
	if err := g.build(ctx); err != nil {
		_ = g.Close(context.WithoutCancel(ctx)) // the first error says more
		return nil, whichPort(err, c)
	}
	return g, nil
}

// whole refuses a gateway that would make for itself what it has to share with a control
// plane: it would serve nothing, or open no secret.
func whole(c config.Config) error {
	var problems []kernel.Problem
	missing := func(key, what, fix string) {
		problems = append(problems, kernel.Problem{Path: key, Message: what, Fix: fix})
	}
	if c.Database == "" {
		missing("database", "the gateway has no database of its own", "name that of the control plane, postgres://… or as databaseFile")
	}
	if u, err := url.Parse(c.KeyURL()); err == nil && u.Scheme == "file" && !exists(u.Path) {
		missing("key", "there is no key in "+u.Path, "give it the key of the control plane, keys/kek of its data folder unless it has another")
	}
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "a gateway shares these with its control plane").WithProblems(problems...)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (g *Gateway) build(ctx context.Context) error {
	if err := g.platform.openShared(ctx); err != nil {
		return err
	}
	if err := present(ctx, g.platform.db); err != nil {
		return err
	}
	if err := g.platform.takeIssuer(ctx); err != nil {
		return err
	}
	a := newAccess(g.platform)
	g.events = a.events
	g.fabric.secrets = newSecrets(g.platform, a)
	return g.fabric.buildTraffic(g.platform, a)
}

// openShared opens what a process of its own has of a control plane. It changes no table.
func (p *platform) openShared(ctx context.Context) (err error) {
	if p.lock, err = lockData(ctx, p.config.DataDir); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if p.telemetry, err = telemetry.New(ctx, telemetry.Options{Service: "terraced-gateway", Version: p.version}); err != nil {
		return err
	}
	if p.db, err = db.Open(ctx, p.config.DatabaseURL()); err != nil {
		return err
	}
	if p.shares, err = blob.Open(ctx, p.config.TenantKeysURL(), nil); err != nil {
		return fmt.Errorf("keys of tenants: %w", err)
	}
	if p.sealer, err = seal.Open(ctx, seal.Config{
		URL: p.config.KeyURL(), Former: p.config.FormerKeys, Store: keyringsql.NewStore(p.db), Shares: keyshare.Store{Blobs: p.shares},
	}); err != nil {
		return err
	}
	return p.keep()
}

// present tells that a control plane has made its tables.
func present(ctx context.Context, d *db.DB) error {
	if _, err := gatewaysql.NewStore(d).AllPolicies(ctx); err != nil {
		return kernel.Errorf(kernel.Unavailable, "the database has no routes that this version can read: %w", err).
			WithFix("start a control plane of this version on it first: terraced up")
	}
	return nil
}

// takeIssuer takes from the control plane what its tokens have as iss: under another name
// they would be a stranger's, who may speak of any tenant and ends no sessions.
func (p *platform) takeIssuer(ctx context.Context) error {
	issuer, err := providersql.NewStore(p.db).Issuer(ctx)
	switch {
	case err != nil:
		return err
	case issuer == "":
		return kernel.Errorf(kernel.Unavailable, "the database does not say under which address its control plane gives tokens").
			WithFix("start a control plane of this version on it first: terraced up")
	case p.config.PublicURL == "":
		p.config.PublicURL = issuer
	case p.publicURL() != issuer:
		return kernel.Errorf(kernel.Invalid, "a gateway shares these with its control plane").WithProblems(kernel.Problem{
			Path: "publicUrl", Message: "it is " + p.publicURL() + ", and that of the control plane " + issuer, Fix: "leave it out, or set it to " + issuer,
		})
	}
	return nil
}

// Start reads what there is to serve, then opens the listeners.
func (g *Gateway) Start(ctx context.Context) (err error) {
	defer func() { err = whichPort(err, g.platform.config) }()
	if err := g.fabric.pki.Load(ctx); err != nil {
		return err
	}
	if err := g.fabric.pki.Prepared(); err != nil {
		return err
	}
	if err := g.fabric.domains.Load(ctx); err != nil {
		return err
	}
	if err := g.fabric.gateway.Load(ctx); err != nil {
		return err
	}
	if err := g.fabric.products.Load(ctx); err != nil {
		return err
	}
	if err := g.fabric.sessions.Renew(ctx); err != nil {
		return err
	}
	if err := g.fabric.apis.view.Load(ctx); err != nil {
		return err
	}
	if err := g.fabric.listenTraffic(ctx, g.platform, nil); err != nil {
		return err
	}
	if g.server, err = httpserver.Listen(ctx, g.platform.config.Listen, g.handler(), g.platform.log); err != nil {
		return err
	}
	g.fabric.trafficLoops(g.loops, g.platform, g.events)
	g.loops.Every("database", databaseLook, g.look)
	g.loops.Start(context.WithoutCancel(ctx))
	return nil
}

// look notes whether the database answers. Without it, what is held is served on.
func (g *Gateway) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, databaseLook)
	defer cancel()
	err := g.platform.db.Ping(ctx)
	since := g.lost.Load()
	switch {
	case err == nil && since != 0:
		g.lost.Store(0)
		g.platform.log.InfoContext(ctx, "the database answers again", "away", time.Since(time.Unix(0, since)).Round(time.Second))
	case err != nil && since == 0 && context.Cause(ctx) != context.Canceled: //nolint:errorlint // the end of the process
		g.lost.Store(time.Now().UnixNano())
		g.platform.log.WarnContext(ctx, "the database does not answer: what was read of it is served on", "error", err)
	}
	if err == nil {
		g.lookIssuer(ctx)
	}
	return nil
}

// lookIssuer notes whether the control plane gives tokens under another address by now.
func (g *Gateway) lookIssuer(ctx context.Context) {
	issuer, err := providersql.NewStore(g.platform.db).Issuer(ctx)
	if err != nil || issuer == "" {
		return
	}
	own := g.platform.publicURL()
	if issuer == own {
		g.renamed.Store(nil)
		return
	}
	if before := g.renamed.Swap(&issuer); before == nil || *before != issuer {
		g.platform.log.ErrorContext(ctx, "the control plane gives tokens under another address than this gateway takes them: it refuses them, and is not ready",
			"issuer", issuer, "taken", own, "fix", "start this gateway again")
	}
}

// Standing is what the gateway says of itself.
type Standing struct {
	// Revision is that of the routes and policies that are served.
	Revision int64 `json:"revision"`
	Routes   int   `json:"routes"`
	// Database says whether it answers; Since is from when on it does not.
	Database string     `json:"database"`
	Since    *time.Time `json:"since,omitempty"`
	// Closed is how many certificates of domains it has no key for.
	Closed int `json:"closed,omitempty"`
	// Problem is why it is not ready, "" where it is.
	Problem string `json:"problem,omitempty"`
}

// handler answers for those who run the process: whether it lives, whether it can be sent
// traffic, and what it measures. It is ready without the database, with what it holds.
func (g *Gateway) handler() http.Handler {
	router := chi.NewRouter()
	router.Handle("/metrics", g.platform.telemetry.MetricsHandler())
	router.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	router.Get("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		s := Standing{Database: "answers"}
		s.Revision, s.Routes = g.fabric.gateway.Held()
		if lost := g.lost.Load(); lost != 0 {
			since := time.Unix(0, lost).UTC()
			s.Database, s.Since = "does not answer", &since
		}
		s.Problem, s.Closed = g.problem()
		w.Header().Set("Content-Type", "application/json")
		if s.Problem != "" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(s) // who asks has gone
	})
	return router
}

// problem says why traffic should not be sent to it, "" where nothing is wrong, and how many
// certificates of domains it cannot show for want of their keys.
func (g *Gateway) problem() (why string, closed int) {
	shown, closed := g.fabric.domains.Opened()
	issuer := g.renamed.Load()
	switch {
	case issuer != nil:
		why = "the control plane gives tokens under " + *issuer + ", and this gateway takes those of " + g.platform.publicURL() + ": start it again"
	case closed > 0 && shown == 0:
		why = "no key of a domain's certificate opens, and the domains show another certificate: give it tenantKeys and key of the control plane"
	}
	return why, closed
}

// Close lets the requests under way end, then lets go of everything.
func (g *Gateway) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, closePatience)
	defer cancel()
	err := g.loops.Stop(ctx)
	if g.server != nil {
		err = errors.Join(err, g.server.Close(ctx))
	}
	g.fabric.close(g.platform)
	g.platform.close(ctx)
	return err
}
