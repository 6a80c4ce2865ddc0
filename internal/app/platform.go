package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/terrace-idp/terrace/internal/access/keyring/keyringsql"
	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/keyshare"
	"github.com/terrace-idp/terrace/internal/platform/seal"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
	"github.com/terrace-idp/terrace/internal/platform/telemetry"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
	"github.com/terrace-idp/terrace/internal/target/azuresim"
)

// platform is the technical floor: what every room stands on.
type platform struct {
	config  config.Config
	version string
	log     *slog.Logger
	db      *db.DB
	blobs   *blob.Store
	sealer  *seal.Sealer
	// shares has what tenants' keys need beside the database.
	shares    *blob.Store
	runTokens *tokens.Issuer
	// signingKey signs addresses of module archives.
	signingKey []byte
	telemetry  *telemetry.Telemetry
	// environ are the variables of this process.
	environ []string
	// azureSim is the simulated Azure, nil where stages reach the real one.
	azureSim *azuresim.Server
	// redis is what replicas share, shared the part of it that caches use; nil where none is set.
	redis  *redis.Client
	shared *cache.Redis
	// kept is what this process keeps of what it reads often.
	kept *cache.Room
	// lock makes this the only process on the data directory.
	lock *os.File
}

func newPlatform(ctx context.Context, c config.Config, version string, log *slog.Logger) (*platform, error) {
	p := &platform{config: c, version: version, log: log, environ: os.Environ()}
	if err := p.open(ctx); err != nil {
		p.close(ctx)
		return nil, err
	}
	return p, nil
}

func (p *platform) open(ctx context.Context) (err error) {
	if p.lock, err = lockData(ctx, p.config.DataDir); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if err := p.layOut(); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if p.telemetry, err = telemetry.New(ctx, telemetry.Options{Service: "terraced", Version: p.version}); err != nil {
		return err
	}
	if p.db, err = db.Open(ctx, p.config.DatabaseURL()); err != nil {
		return err
	}
	// Whether a key file may be made depends on what is sealed already.
	if err = p.db.Migrate(ctx, keyringsql.Migrations()); err != nil {
		return err
	}
	if p.blobs, err = blob.Open(ctx, p.config.BlobURL(), nil); err != nil {
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
	if err := p.keep(); err != nil {
		return err
	}
	runKey, err := tokens.LoadKey(p.path("keys", "run-tokens"))
	if err != nil {
		return err
	}
	p.runTokens = tokens.NewIssuer(runKey, nil)
	if p.signingKey, err = tokens.LoadKey(p.path("keys", "archives")); err != nil {
		return err
	}
	if p.config.AzureSim {
		p.azureSim, err = azuresim.New(ctx, azuresim.Config{Data: p.path("azuresim"), Log: p.log})
	}
	return err
}

// layOut makes the folders that no room makes for itself. Uploads that a former
// process did not finish are in none of its records, so they go.
func (p *platform) layOut() error {
	if err := os.RemoveAll(p.path("spool")); err != nil {
		return err
	}
	for _, folder := range []string{"keys", "spool"} {
		if err := os.MkdirAll(p.path(folder), 0o700); err != nil {
			return err
		}
	}
	return nil
}

// sweepBlobs removes what processes before this one left half-written.
func (p *platform) sweepBlobs(before time.Time) supervise.Loop {
	return func(ctx context.Context) error {
		removed, err := p.blobs.Sweep(ctx, before)
		if removed > 0 {
			p.log.InfoContext(ctx, "removed unfinished blobs that a former process left", "count", removed)
		}
		return err
	}
}

// path returns a place in the data directory.
func (p *platform) path(elements ...string) string {
	return filepath.Join(append([]string{p.config.DataDir}, elements...)...)
}

// address is where children of this process reach the API.
func (p *platform) address() string {
	return (&url.URL{Scheme: "http", Host: config.Reach(p.config.Listen)}).String()
}

func (p *platform) close(ctx context.Context) {
	if p.shared != nil {
		logClose(p.log, "shared cache", p.shared.Close())
	}
	if p.redis != nil {
		logClose(p.log, "redis of the gateway", p.redis.Close())
	}
	if p.azureSim != nil {
		logClose(p.log, "simulated Azure", p.azureSim.Close(ctx))
	}
	if p.db != nil {
		logClose(p.log, "database", p.db.Close())
	}
	if p.blobs != nil {
		logClose(p.log, "blobs", p.blobs.Close())
	}
	if p.shares != nil {
		logClose(p.log, "keys of tenants", p.shares.Close())
	}
	if p.sealer != nil {
		logClose(p.log, "keys", p.sealer.Close())
	}
	if p.telemetry != nil {
		logClose(p.log, "telemetry", p.telemetry.Close(ctx))
	}
	if p.lock != nil {
		logClose(p.log, "data directory", p.lock.Close())
	}
}

func logClose(log *slog.Logger, what string, err error) {
	if err != nil {
		log.Error("close", "what", what, "error", err)
	}
}
