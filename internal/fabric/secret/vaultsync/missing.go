package vaultsync

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// lookTime bounds how long a vault is asked for one secret while somebody waits.
const lookTime = 10 * time.Second

// Missing tells why the pods of a stage would get nothing for a reference from the stage's vault,
// nil where they would get a value; kept is whether a sync keeps that vault, since of any other nobody here
// knows anything. It shows no value. The caller has checked that the actor may know which
// secrets there are (workload.read).
func (s *Service) Missing(ctx context.Context, scope kernel.Scope, r secretref.Reference) (p *kernel.Problem, kept bool, err error) {
	y, err := s.Store.Get(ctx, scope)
	if kernel.Is(err, kernel.NotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	name, err := secretref.VaultName(r)
	if err != nil {
		return &kernel.Problem{Message: err.Error(), Fix: "refer to it without a version, by a name of at most 127 characters there"}, true, nil
	}
	if y.Direction == Pull {
		p, err = s.unpulled(ctx, y, name, r)
	} else {
		p, err = s.unpushed(ctx, y, name, r)
	}
	return p, true, err
}

// unpushed tells why what Terrace has does not reach the vault.
func (s *Service) unpushed(ctx context.Context, y Sync, name string, r secretref.Reference) (*kernel.Problem, error) {
	absent, err := s.Secrets.Missing(ctx, y.Scope, r)
	if err != nil {
		return nil, err
	}
	if absent != nil { // people may have put it into the vault by hand
		there, found, err := s.look(ctx, y, name)
		if err != nil {
			absent.Message += ", and its vault could not be asked: " + err.Error()
		}
		if found && there.Enabled && !ofTerrace(there.Tags) {
			return nil, nil //nolint:nilnil // there is no problem
		}
		return absent, nil
	}
	info, err := s.Secrets.Describe(ctx, y.Scope, r.Name)
	if err != nil {
		return nil, err
	}
	if r.Key != "" && !info.Fields {
		return &kernel.Problem{
			Message: fmt.Sprintf("the secret %s has one value in %s, which has no key in a key vault", r.Name, y.Scope.Stage), Fix: "write ${secret:" + r.Name + "}",
		}, nil
	}
	return s.stuck(ctx, y, name, info)
}

// stuck tells why a secret that Terrace has is not in the vault.
func (s *Service) stuck(ctx context.Context, y Sync, name string, info secret.Info) (*kernel.Problem, error) {
	i, err := s.Store.Item(ctx, y.Scope, info.Name)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return nil, err
	}
	switch {
	case i.State == Failed || i.State == Conflict:
		return &kernel.Problem{Message: fmt.Sprintf("the secret %s does not get into the vault of %s: %s", info.Name, y.Scope.Stage, i.Reason), Fix: i.Fix}, nil
	case i.State == Drifted:
		there, found, err := s.look(ctx, y, name)
		if err == nil && found && there.Enabled {
			return nil, nil //nolint:nilnil // another value than Terrace's is one, too
		}
		return &kernel.Problem{Message: fmt.Sprintf("the secret %s is not in the vault of %s: %s", info.Name, y.Scope.Stage, i.Reason), Fix: i.Fix}, nil
	case y.State == Failed && i.Version == 0:
		return &kernel.Problem{Message: fmt.Sprintf("the secret %s does not get into the vault of %s: %s", info.Name, y.Scope.Stage, y.Reason), Fix: y.Fix}, nil
	}
	return nil, nil //nolint:nilnil // it is there, or soon
}

// unpulled tells why the vault, whose values count, has none.
func (s *Service) unpulled(ctx context.Context, y Sync, name string, r secretref.Reference) (*kernel.Problem, error) {
	there, found, err := s.look(ctx, y, name)
	vault := strings.SplitN(hostOf(y.Vault), ".", 2)[0]
	switch {
	case err != nil: // what was taken of it last is the best that is known
		absent, other := s.Secrets.Missing(ctx, y.Scope, r)
		if absent != nil {
			absent.Message, absent.Fix = absent.Message+", and its vault could not be asked: "+err.Error(), y.Fix
		}
		return absent, other
	case !found:
		return &kernel.Problem{
			Message: fmt.Sprintf("the vault %s of %s has no secret %s", vault, y.Scope.Stage, name),
			Fix:     fmt.Sprintf("az keyvault secret set --vault-name %s --name %s --file FILE", vault, name),
		}, nil
	case !there.Enabled:
		return &kernel.Problem{
			Message: fmt.Sprintf("the secret %s is disabled in the vault %s of %s", name, vault, y.Scope.Stage),
			Fix:     fmt.Sprintf("az keyvault secret set-attributes --vault-name %s --name %s --enabled true", vault, name),
		}, nil
	}
	return nil, nil //nolint:nilnil // there is no problem
}

// look asks the vault for one secret, unless it has said that it wants to be left alone.
func (s *Service) look(ctx context.Context, y Sync, name string) (there Entry, found bool, err error) {
	if y.Bound && y.BlockedUntil.After(s.Clock.Now()) {
		return there, false, errors.New("it wants to be left alone for a while") //nolint:err113 // it is a part of a sentence
	}
	ctx, cancel := context.WithTimeout(kernel.WithActor(ctx, kernel.System("vault-sync", y.Scope.Tenant)), lookTime)
	defer cancel()
	vault, err := s.Vaults.Open(ctx, y)
	if err != nil {
		return there, false, err
	}
	there, err = vault.Get(ctx, name)
	if kernel.Is(err, kernel.NotFound) {
		return there, false, nil
	}
	return there, err == nil, err
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Hostname()
}
