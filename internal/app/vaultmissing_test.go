package app

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
)

// lacking asks what pods of dev with these references would miss.
func (w *vaultWorld) lacking(references ...string) []string {
	w.t.Helper()
	score := "apiVersion: score.dev/v1b1\nmetadata: {name: pods}\ncontainers:\n  main:\n    image: registry.example.com/pods:1\n    variables:\n"
	for i, r := range references {
		score += fmt.Sprintf("      V%d: \"x${secret:%s}\"\n", i, r)
	}
	status, got := w.api(http.MethodPost, "/graph/references", object{"score": score, "stage": "dev"})
	problems, _ := got["problems"].([]any)
	if status == http.StatusOK {
		problems, _ = got["unseen"].([]any)
	}
	var all []string
	for _, one := range problems {
		p, _ := one.(map[string]any)
		all = append(all, fmt.Sprintf("%v:%v:%v %v (%v)", p["file"], p["line"], p["column"], p["message"], p["fix"]))
	}
	if len(all) == 0 && status != http.StatusOK {
		w.t.Errorf("%d: %v", status, got)
	}
	return all
}

func (w *vaultWorld) want(got []string, parts ...string) {
	w.t.Helper()
	for i, part := range parts {
		if len(got) != len(parts) || !strings.Contains(got[i], part) {
			w.t.Errorf("it is told %q, want one with each of %q", got, parts)
			return
		}
	}
	if len(parts) == 0 && len(got) > 0 {
		w.t.Errorf("it is told %q", got)
	}
}

// podsAreTold what the vault lacks that Terrace keeps filled.
func podsAreTold(w *vaultWorld) {
	w.untilHeld("before", "was there before")
	w.write("by-hand", "of other people, and of no name here")
	w.must(http.MethodPut, "/secrets/large-one?stage=dev", object{"value": strings.Repeat("x", vaultsync.MaxValue+1)})
	w.untilState("large-one", vaultsync.Failed)
	w.untilState("foreign", vaultsync.InStep)
	w.want(w.lacking("before", "by-hand", "foreign"))
	w.want(w.lacking("none", "before", "before#value", "before@1", "large-one"),
		"score.yaml:7:13 there is no secret none in dev (terrace secret set none --stage dev)",
		"score.yaml:9:13 the secret before has one value in dev, which has no key in a key vault (write ${secret:before})",
		"a key vault has versions of its own",
		"the secret large-one does not get into the vault of dev: large-one has more than the 25600 characters")
}

// podsAreToldOfTheVault what it lacks whose values count.
func podsAreToldOfTheVault(w *vaultWorld) {
	w.write("off", "is disabled")
	off := false
	if _, err := w.people.UpdateSecretProperties(w.t.Context(), "off", "", azsecrets.UpdateSecretPropertiesParameters{SecretAttributes: &azsecrets.SecretAttributes{Enabled: &off}}, nil); err != nil {
		w.t.Fatal(err)
	}
	w.put("here-alone", "is in Terrace")
	w.write("new", "that nobody has taken yet")
	w.want(w.lacking("new", "here-alone", "off"),
		"score.yaml:8:13 the vault kv-sync of dev has no secret here-alone (az keyvault secret set --vault-name kv-sync --name here-alone --file FILE)",
		"the secret off is disabled in the vault kv-sync of dev (az keyvault secret set-attributes --vault-name kv-sync --name off --enabled true)")
	w.must(http.MethodDelete, "/secret-sync?stage=dev", nil)
	got := w.lacking("new")
	w.want(got, "score.yaml:7:13 nobody knows whether the pods of dev get ${secret:new}: nothing keeps a key vault filled for it (terrace secret sync set --stage dev)")
	if slices.Contains(got, "that nobody has taken yet") {
		w.t.Error("a value is told")
	}
	w.sync(object{"direction": "pull"})
}
