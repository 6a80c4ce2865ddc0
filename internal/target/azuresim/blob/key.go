package blob

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// checkKey checks a signature by one of the account's keys, where the account takes them.
func checkKey(r *request, account *arm.Resource, sent string) error {
	if !account.Bool("properties.allowSharedKeyAccess") {
		return arm.Errorf(http.StatusForbidden, "KeyBasedAuthenticationNotPermitted", "Key based authentication is not permitted on this storage account.")
	}
	name, signature, _ := strings.Cut(strings.TrimPrefix(sent, "SharedKey "), ":")
	for _, key := range []string{account.Secret("key1"), account.Secret("key2")} {
		raw, err := base64.StdEncoding.DecodeString(key)
		if err != nil || !strings.EqualFold(name, account.Name()) {
			continue
		}
		mac := hmac.New(sha256.New, raw)
		mac.Write([]byte(stringToSign(r)))
		if hmac.Equal([]byte(base64.StdEncoding.EncodeToString(mac.Sum(nil))), []byte(signature)) {
			r.byKey = true
			r.caller = arm.Caller{Name: "account key of " + account.Name(), Owner: true}
			return nil
		}
	}
	return arm.Errorf(http.StatusForbidden, "AuthenticationFailed", "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.")
}

// stringToSign is what a key signs ("Authorize with Shared Key", version 2015-02-21 and later).
func stringToSign(r *request) string {
	h := r.Header
	length := h.Get("Content-Length")
	if length == "0" {
		length = ""
	}
	lines := []string{r.Method, h.Get("Content-Encoding"), h.Get("Content-Language"), length}
	for _, name := range []string{"Content-MD5", "Content-Type", "Date", "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range"} {
		lines = append(lines, h.Get(name))
	}
	own := map[string]string{}
	for name, values := range h {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-ms-") {
			own[lower] = strings.TrimSpace(values[0])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		lines = append(lines, name+":"+own[name])
	}
	lines = append(lines, "/"+r.account+r.URL.EscapedPath())
	query := r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		lines = append(lines, strings.ToLower(name)+":"+strings.Join(slices.Sorted(slices.Values(query[name])), ","))
	}
	return strings.Join(lines, "\n")
}
