package secretkv

import (
	"net/http"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// health tells clients that there is a server, which has been set up and opens what it keeps.
func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	write(w, http.StatusOK, map[string]any{
		"initialized": true, "sealed": false, "standby": false, "performance_standby": false,
		"replication_performance_mode": "disabled", "replication_dr_mode": "disabled", "server_time_utc": time.Now().Unix(),
	})
}

// sealStatus tells clients that what is kept can be opened.
func sealStatus(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	write(w, http.StatusOK, map[string]any{
		"type": "terrace", "initialized": true, "sealed": false, "t": 1, "n": 1, "progress": 0, "nonce": "", "version": "", "build_date": "",
		"migration": false, "cluster_name": "terrace", "cluster_id": "terrace", "recovery_seal": false, "storage_type": "terrace",
	})
}

// renew refuses what self says is not done.
func (h Handler) renew(*http.Request) (reply, error) {
	return reply{}, kernel.Errorf(kernel.Invalid, "lease is not renewable")
}

// self tells clients whose their token is, as they ask before they use one. It is renewed
// by nobody; one that does not end has no time to live, as Vault's root tokens have none.
func (h Handler) self(r *http.Request) (reply, error) {
	actor, _ := kernel.ActorFrom(r.Context())
	var left int64
	var ends any
	if !actor.Until.IsZero() {
		left, ends = max(int64(actor.Until.Sub(h.Secrets.Clock.Now()).Seconds()), 0), actor.Until.Format(time.RFC3339Nano)
	}
	return reply{data: map[string]any{
		"display_name": actor.Name, "entity_id": actor.ID, "accessor": actor.Session, "id": "", "type": "service", "path": "auth/token",
		"policies": []string{"terrace"}, "meta": map[string]string{"tenant": actor.Tenant}, "orphan": true, "renewable": false,
		"ttl": left, "creation_ttl": 0, "explicit_max_ttl": 0, "num_uses": 0, "expire_time": ends,
	}}, nil
}

// elsewhere answers what is no part of the engine, in the form that clients read.
func elsewhere(w http.ResponseWriter, r *http.Request) {
	write(w, http.StatusNotFound, map[string]any{"errors": []string{
		"there is nothing at " + r.URL.Path + ": Terrace serves the KV engine, version 2, at " + mount + "/", // what else Vault has is not there
	}})
}
