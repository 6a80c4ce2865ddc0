package keyvault

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azcloud "github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azcertificates"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"golang.org/x/sync/singleflight"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// Tokens are those with which Terrace signs in as a stage.
type Tokens interface {
	// Issue returns a token for an audience, and the subject that it names.
	Issue(ctx context.Context, scope kernel.Scope, audience string) (token, subject string, err error)
}

// Config is what Vaults need.
type Config struct {
	Tokens Tokens
	// Guard keeps calls away from networks inside.
	Guard egress.Guard
	// Environment are variables of this installation that name a cloud of its own
	// (ARM_METADATA_HOSTNAME), nil for none. Where there is one, there is no other.
	Environment map[string]string
	// Transport reaches that cloud.
	Transport *http.Transport
	// Issuer is who signs the tokens, for what people are told.
	Issuer string
	Clock  kernel.Clock
}

// Vaults are a vaultsync.Vaults.
type Vaults struct {
	Config

	public *http.Client
	// own is the cloud of this installation, once it is known; asking is the question.
	own    atomic.Pointer[cloud]
	asking singleflight.Group

	mu sync.Mutex
	// opened are clients that are signed in.
	opened map[key]*vault
}

// key is what a client is for: another identity or scope is another client.
type key struct {
	scope               kernel.Scope
	vault, tenant, user string
}

// maxOpen is how many clients are kept.
const maxOpen = 500

var _ vaultsync.Vaults = (*Vaults)(nil)

// New makes Vaults.
func New(c Config) *Vaults {
	return &Vaults{Config: c, public: guarded(c.Guard), opened: map[key]*vault{}}
}

// clouds are those that vaults may be in. Who asks at once for what this installation names
// waits for one answer, and no longer than ctx.
func (v *Vaults) clouds(ctx context.Context) ([]cloud, error) {
	host := metadataHost(v.Environment)
	if host == "" {
		return clouds(v.public), nil
	}
	if own := v.own.Load(); own != nil {
		return []cloud{*own}, nil
	}
	answered := v.asking.DoChan(host, func() (any, error) {
		own, err := describe(context.WithoutCancel(ctx), host, bounded(v.Transport)) // the client bounds it
		if err == nil {
			v.own.Store(&own)
		}
		return nil, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case answer := <-answered:
		if answer.Err != nil {
			return nil, answer.Err
		}
		return []cloud{*v.own.Load()}, nil
	}
}

// Check refuses an address that is no vault's.
func (v *Vaults) Check(ctx context.Context, address string) (string, error) {
	all, err := v.clouds(ctx)
	if err != nil {
		return "", err
	}
	_, address, err = locate(address, all)
	return address, err
}

// Open returns the vault of a sync, signed in when it is first called.
func (v *Vaults) Open(ctx context.Context, y vaultsync.Sync) (vaultsync.Vault, error) {
	return v.open(ctx, y)
}

func (v *Vaults) open(ctx context.Context, y vaultsync.Sync) (*vault, error) {
	all, err := v.clouds(ctx)
	if err != nil {
		return nil, outage(err)
	}
	c, address, err := locate(y.Vault, all)
	if err != nil {
		return nil, outage(err)
	}
	k := key{scope: y.Scope, vault: address, tenant: y.AzureTenant, user: y.Client}
	v.mu.Lock()
	defer v.mu.Unlock()
	if known := v.opened[k]; known != nil {
		return known, nil
	}
	if len(v.opened) >= maxOpen {
		clear(v.opened)
	}
	made, err := v.connect(c, k)
	if err == nil {
		v.opened[k] = made
	}
	return made, err
}

// connect makes a client of a vault. It calls nobody.
func (v *Vaults) connect(c cloud, k key) (*vault, error) {
	// Who waits and tries again is the sync, which keeps until when.
	options := azcore.ClientOptions{
		Cloud: azcloud.Configuration{ActiveDirectoryAuthorityHost: c.login}, Transport: c.client,
		Retry: policy.RetryOptions{MaxRetries: -1}, Telemetry: policy.TelemetryOptions{ApplicationID: "terrace"},
	}
	out := &vault{scope: k.scope, issuer: v.Issuer, client: k.user, host: k.vault, audience: c.audience, clock: v.Clock}
	assertion := func(ctx context.Context) (string, error) {
		token, subject, err := v.Tokens.Issue(ctx, k.scope, c.audience)
		out.subject.Store(&subject)
		return token, err
	}
	credential, err := azidentity.NewClientAssertionCredential(k.tenant, k.user, assertion, &azidentity.ClientAssertionCredentialOptions{
		ClientOptions: options, DisableInstanceDiscovery: c.own,
	})
	if err != nil {
		return nil, outage(kernel.Errorf(kernel.Invalid, "the identity of the sync is none of Azure"))
	}
	out.secrets, err = azsecrets.NewClient(k.vault, credential, &azsecrets.ClientOptions{ClientOptions: options})
	if err != nil {
		return nil, fmt.Errorf("make a client of a key vault: %w", err)
	}
	out.certificates, err = azcertificates.NewClient(k.vault, credential, &azcertificates.ClientOptions{ClientOptions: options})
	if err != nil {
		return nil, fmt.Errorf("make a client of a key vault: %w", err)
	}
	return out, nil
}

// pause is how long a vault says that it wants to be left alone.
func pause(h http.Header, now time.Time) time.Duration {
	after := h.Get("Retry-After")
	if seconds, err := time.ParseDuration(after + "s"); err == nil {
		return min(max(seconds, time.Second), time.Hour)
	}
	if at, err := http.ParseTime(after); err == nil {
		return min(max(at.Sub(now), time.Second), time.Hour)
	}
	return 0
}
