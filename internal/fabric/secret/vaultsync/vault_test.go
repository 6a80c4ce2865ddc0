package vaultsync_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// vault is a key vault of Azure's as far as its answers go: names do not tell cases apart,
// moments have seconds, and what is deleted can be recovered.
type vault struct {
	mu      sync.Mutex
	now     kernel.Clock
	there   map[string][]vaultsync.Entry // versions by name, the newest last
	deleted map[string]bool
	// calls are those that were made, as "set name".
	calls []string
	// answer may answer a call otherwise, or take its time.
	answer func(ctx context.Context, call string) error
	// recovers is how many calls a recovery takes.
	recovers int
	// late is how many are left of one by name.
	late map[string]int
}

// called notes a call, and answers it where somebody has said how.
func (v *vault) called(ctx context.Context, what, name string) error {
	v.mu.Lock()
	call := strings.TrimSpace(what + " " + name)
	v.calls = append(v.calls, call)
	answer := v.answer
	v.mu.Unlock()
	if answer == nil {
		return nil
	}
	return answer(ctx, call)
}

// count is how many calls there were of a kind since the last time that it was asked.
func (v *vault) count(call string) (n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, made := range v.calls {
		if strings.HasPrefix(made, call) {
			n++
		}
	}
	v.calls = nil
	return n
}

func missing(name string) error {
	return kernel.Errorf(kernel.NotFound, "the vault has no secret %s", name)
}

// newest returns the newest version of a secret that is there.
func (v *vault) newest(name string) (vaultsync.Entry, error) {
	key := strings.ToLower(name)
	if v.late[key] > 0 {
		v.late[key]--
		return vaultsync.Entry{}, missing(name)
	}
	all := v.there[key]
	if len(all) == 0 || v.deleted[key] {
		return vaultsync.Entry{}, missing(name)
	}
	return all[len(all)-1], nil
}

func listed(e vaultsync.Entry) vaultsync.Entry {
	e.Value, e.Tags = "", maps.Clone(e.Tags)
	return e
}

// List implements vaultsync.Vault.
func (v *vault) List(ctx context.Context) ([]vaultsync.Entry, error) {
	if err := v.called(ctx, "list", ""); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	var all []vaultsync.Entry
	for _, name := range slices.Sorted(maps.Keys(v.there)) {
		if e, err := v.newest(name); err == nil {
			e = listed(e)
			e.ID = ""
			all = append(all, e)
		}
	}
	return all, nil
}

// Get implements vaultsync.Vault.
func (v *vault) Get(ctx context.Context, name string) (vaultsync.Entry, error) {
	if err := v.called(ctx, "get", name); err != nil {
		return vaultsync.Entry{}, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	e, err := v.newest(name)
	if !e.Enabled {
		e.Value = ""
	}
	return e, err
}

// Versions implements vaultsync.Vault.
func (v *vault) Versions(ctx context.Context, name string) ([]vaultsync.Entry, error) {
	if err := v.called(ctx, "versions", name); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	var all []vaultsync.Entry
	for _, e := range v.there[strings.ToLower(name)] {
		all = append(all, listed(e))
	}
	return all, nil
}

// Set implements vaultsync.Vault.
func (v *vault) Set(ctx context.Context, e vaultsync.Entry) (vaultsync.Entry, error) {
	if err := v.called(ctx, "set", e.Name); err != nil {
		return vaultsync.Entry{}, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	key := strings.ToLower(e.Name)
	switch {
	case v.late[key] > 0:
		v.late[key]--
		return vaultsync.Entry{}, kernel.Errorf(kernel.Locked, "the vault is busy with this secret")
	case v.deleted[key]:
		return vaultsync.Entry{}, kernel.Errorf(kernel.Conflict, "the vault has a deleted secret of this name")
	}
	if all := v.there[key]; len(all) > 0 {
		e.Name = all[0].Name // it keeps the case of the first
	}
	e.ID, e.Updated, e.Tags = strconv.Itoa(len(v.there[key])+1), v.now.Now().Truncate(time.Second), maps.Clone(e.Tags)
	v.there[key] = append(v.there[key], e)
	return e, nil
}

// Delete implements vaultsync.Vault.
func (v *vault) Delete(ctx context.Context, name string) error {
	if err := v.called(ctx, "delete", name); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	_, err := v.newest(name)
	v.deleted[strings.ToLower(name)] = err == nil
	return err
}

// Deleted implements vaultsync.Vault.
func (v *vault) Deleted(ctx context.Context, name string) (vaultsync.Entry, error) {
	if err := v.called(ctx, "deleted", name); err != nil {
		return vaultsync.Entry{}, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	key := strings.ToLower(name)
	if all := v.there[key]; len(all) > 0 && v.deleted[key] {
		return listed(all[len(all)-1]), nil
	}
	return vaultsync.Entry{}, missing(name)
}

// Recover implements vaultsync.Vault.
func (v *vault) Recover(ctx context.Context, name string) error {
	if err := v.called(ctx, "recover", name); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	key := strings.ToLower(name)
	delete(v.deleted, key)
	v.late[key] = v.recovers
	return nil
}

// vaults are the vaults of a cloud, by address.
type vaults struct {
	mu  sync.Mutex
	now kernel.Clock
	all map[string]*vault
}

// Check implements vaultsync.Vaults.
func (v *vaults) Check(_ context.Context, address string) (string, error) {
	name, ok := strings.CutSuffix(strings.TrimPrefix(address, "https://"), ".vault.azure.net")
	if !ok || name == "" {
		return "", kernel.Errorf(kernel.Invalid, "%q is no address of a key vault", address)
	}
	return address, nil
}

// Open implements vaultsync.Vaults.
func (v *vaults) Open(_ context.Context, y vaultsync.Sync) (vaultsync.Vault, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if there := v.all[y.Vault]; there != nil {
		return there, nil
	}
	return nil, &vaultsync.Outage{Err: kernel.Errorf(kernel.Unavailable, "%s cannot be reached", y.Vault).WithFix("see whether the vault is there")}
}

// add makes a vault, and returns its address.
func (v *vaults) add(name string) (*vault, string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	made := &vault{now: v.now, there: map[string][]vaultsync.Entry{}, deleted: map[string]bool{}, late: map[string]int{}}
	address := fmt.Sprintf("https://%s.vault.azure.net", name)
	v.all[address] = made
	return made, address
}

// value is what a vault has, as its owner sees it: "" for nothing.
func (v *vault) value(name string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	e, err := v.newest(name)
	if err != nil || !e.Enabled {
		return ""
	}
	return e.Value
}

// change has its owner change the newest version of a secret in place.
func (v *vault) change(name string, change func(e *vaultsync.Entry)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := v.there[strings.ToLower(name)]
	e := all[len(all)-1]
	change(&e)
	e.Updated = v.now.Now().Truncate(time.Second)
	all[len(all)-1] = e
}

// versions is how many a secret has.
func (v *vault) versions(name string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.there[strings.ToLower(name)])
}

// tags are those of the newest version.
func (v *vault) tags(name string) map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	e, _ := v.newest(name)
	return e.Tags
}

// answers has a vault answer calls otherwise; nil has it answer them.
func (v *vault) answers(answer func(ctx context.Context, call string) error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.answer = answer
}
