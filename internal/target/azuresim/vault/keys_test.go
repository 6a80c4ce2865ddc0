package vault_test

import (
	"net/http"
	"testing"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

func TestKeysAreMadeAndRotatedByTheirPolicy(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.open("")
	made := c.data("owner", http.MethodPost, "/keys/storage/create", `{"kty":"EC","crv":"P-256","key_ops":["sign"],"tags":{"owner":"shop"}}`, http.StatusOK)
	if at(t, made, "key.kty") != "EC" || len(at(t, made, "key.x")) != 43 || at(t, made, "tags.owner") != "shop" {
		t.Fatalf("the key is %v", made)
	}
	before := c.data("owner", http.MethodGet, "/keys/storage/rotationpolicy", "", http.StatusOK)
	if actions, _ := before["lifetimeActions"].([]any); len(actions) != 1 {
		t.Fatalf("a key without a policy notifies: %v", before)
	}
	c.data("owner", http.MethodPut, "/keys/storage/rotationpolicy", `{"attributes":{"expiryTime":"P1Y"},"lifetimeActions":[{"trigger":{"timeBeforeExpiry":"P30D"},"action":{"type":"Rotate"}}]}`, http.StatusOK)
	rotated := c.data("owner", http.MethodPost, "/keys/storage/rotate", "", http.StatusOK)
	if at(t, rotated, "key.kid") == at(t, made, "key.kid") {
		t.Fatal("rotation made no version")
	}
	want := float64(c.now.AddDate(1, 0, 0).Unix())
	if got, _ := arm.Lookup(rotated, "attributes.exp"); got != want {
		t.Fatalf("the new version expires at %v, want %v", got, want)
	}
	versions := c.data("owner", http.MethodGet, "/keys/storage/versions", "", http.StatusOK)
	if list, _ := versions["value"].([]any); len(list) != 2 {
		t.Fatalf("the versions are %v", versions)
	}
}

func TestKeysThatTheVaultDoesNotMake(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.open("")
	for name, body := range map[string]string{
		"a hardware module in a standard vault": `{"kty":"RSA-HSM","key_size":2048}`,
		"a weak key":                            `{"kty":"RSA","key_size":1024}`,
		"an unknown curve":                      `{"kty":"EC","crv":"P-1"}`,
		"an unknown kind":                       `{"kty":"oct"}`,
		"a body that is no JSON":                `{`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inner := *c
			inner.t = t
			inner.data("owner", http.MethodPost, "/keys/k/create", body, http.StatusBadRequest)
		})
	}
}
