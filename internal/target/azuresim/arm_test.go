package azuresim_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/azuresim"
	"github.com/terrace-idp/terrace/internal/target/azuresim/azuresimtest"
)

// cloud is a simulator with a client that has signed in.
type cloud struct {
	*azuresimtest.Sim
	http  *http.Client
	token string
	sub   string
}

func start(t *testing.T) *cloud {
	t.Helper()
	return signIn(t, azuresimtest.Start(t))
}

func signIn(t *testing.T, sim *azuresimtest.Sim) *cloud {
	t.Helper()
	c := &cloud{Sim: sim, http: sim.HTTP(t), sub: "/subscriptions/" + sim.Env()["ARM_SUBSCRIPTION_ID"]}
	env := sim.Env()
	status, body := c.form(t, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {env["ARM_CLIENT_ID"]}, "client_secret": {env["ARM_CLIENT_SECRET"]}, "scope": {sim.Endpoint() + "/.default"},
	})
	if status != http.StatusOK {
		t.Fatalf("sign-in answers %d: %v", status, body)
	}
	c.token, _ = body["access_token"].(string)
	return c
}

func (c *cloud) form(t *testing.T, form url.Values) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.Endpoint()+"/"+c.Env()["ARM_TENANT_ID"]+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, body, _ := c.do(t, req)
	return status, body
}

func (c *cloud) do(t *testing.T, req *http.Request) (int, map[string]any, http.Header) {
	t.Helper()
	res, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.Header.Get("Terrace-Simulation") != "azure" {
		t.Errorf("%s %s: no header says that it is a simulation", req.Method, req.URL)
	}
	body := map[string]any{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &body); err != nil {
			t.Fatalf("%s %s answers %d %q", req.Method, req.URL, res.StatusCode, raw)
		}
	}
	return res.StatusCode, body, res.Header
}

// arm sends a request to Resource Manager; the path has the subscription in place of {s}.
func (c *cloud) arm(t *testing.T, method, path, body string) (int, map[string]any, http.Header) {
	t.Helper()
	path = strings.NewReplacer("{s}", c.sub, " ", "%20").Replace(path)
	if !strings.Contains(path, "api-version") {
		mark := "?"
		if strings.Contains(path, "?") {
			mark = "&"
		}
		path += mark + "api-version=2024-01-01"
	}
	req, err := http.NewRequestWithContext(t.Context(), method, c.Endpoint()+path, bytes.NewReader([]byte(strings.ReplaceAll(body, "{s}", c.sub))))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	return c.do(t, req)
}

// must sends a request that has to succeed.
func (c *cloud) must(t *testing.T, method, path, body string) map[string]any {
	t.Helper()
	status, got, _ := c.arm(t, method, path, body)
	if status >= http.StatusBadRequest {
		t.Fatalf("%s %s answers %d: %v", method, path, status, got)
	}
	return got
}

func code(body map[string]any) string {
	inner, _ := body["error"].(map[string]any)
	text, _ := inner["code"].(string)
	return text
}

const (
	group   = `{"location": "West Europe", "tags": {"env": "dev"}}`
	account = `{"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {}}`
	inGroup = "{s}/resourceGroups/g1/providers/Microsoft.Storage/storageAccounts/"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.must(t, "PUT", "{s}/resourceGroups/g1", group)
	c.must(t, "PUT", "{s}/resourceGroups/other", group)
	c.must(t, "PUT", inGroup+"acc1", account)
	for name, test := range map[string]struct {
		method, path, body string
		status             int
		code               string
	}{
		"no api-version":                    {"GET", "{s}/resourceGroups/g1?api-version=", "", 400, "MissingApiVersionParameter"},
		"an api-version in words":           {"GET", "{s}/resourceGroups/g1?api-version=latest", "", 400, "InvalidApiVersionParameter"},
		"an api-version of month 13":        {"GET", "{s}/resourceGroups/g1?api-version=2024-13-01", "", 400, "InvalidApiVersionParameter"},
		"an api-version with a bare hyphen": {"GET", "{s}/resourceGroups/g1?api-version=2024-12-01-", "", 400, "InvalidApiVersionParameter"},
		"no such subscription":              {"GET", "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g1", "", 404, "SubscriptionNotFound"},
		"no such group":                     {"GET", "{s}/resourceGroups/nope", "", 404, "ResourceGroupNotFound"},
		"a resource of no group":            {"PUT", "{s}/resourceGroups/nope/providers/Microsoft.Storage/storageAccounts/acc2", account, 404, "ResourceGroupNotFound"},
		"no such resource":                  {"GET", inGroup + "nope", "", 404, "ResourceNotFound"},
		"a child of no parent":              {"PUT", inGroup + "nope/blobServices/default/containers/abc", `{}`, 404, "ParentResourceNotFound"},
		"no such type":                      {"PUT", "{s}/resourceGroups/g1/providers/Microsoft.Storage/warehouses/w", `{}`, 404, "InvalidResourceType"},
		"no such namespace":                 {"GET", "{s}/resourceGroups/g1/providers/Contoso.Things/things/t", "", 404, "InvalidResourceNamespace"},
		"not a name":                        {"PUT", inGroup + "Not-A-Name", account, 400, "InvalidResourceName"},
		"a name that is taken":              {"PUT", "{s}/resourceGroups/other/providers/Microsoft.Storage/storageAccounts/acc1", account, 409, "StorageAccountAlreadyTaken"},
		"no location":                       {"PUT", inGroup + "acc3", `{"kind": "StorageV2", "sku": {"name": "Standard_LRS"}}`, 400, "LocationRequired"},
		"no such location":                  {"PUT", inGroup + "acc3", strings.Replace(account, "westeurope", "atlantis", 1), 400, "LocationNotAvailableForResourceType"},
		"another location":                  {"PUT", inGroup + "acc1", strings.Replace(account, "westeurope", "northeurope", 1), 409, "InvalidResourceLocation"},
		"a property is missing":             {"PUT", inGroup + "acc3", `{"location": "westeurope", "kind": "StorageV2"}`, 400, "InvalidRequestContent"},
		"a property stays":                  {"PUT", inGroup + "acc1", strings.Replace(account, "StorageV2", "BlobStorage", 1), 409, "PropertyChangeNotAllowed"},
		"not JSON":                          {"PUT", inGroup + "acc3", `{"location": `, 400, "InvalidRequestContent"},
		"too deep":                          {"PUT", inGroup + "acc3", strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100), 400, "InvalidRequestContent"},
		"patch of nothing":                  {"PATCH", inGroup + "nope", `{}`, 404, "ResourceNotFound"},
		"tags that are no texts":            {"PUT", "{s}/resourceGroups/g2", `{"location": "westeurope", "tags": {"a": 1}}`, 400, "InvalidTagNameCharacters"},
		"an identity that is not":           {"PUT", inGroup + "acc4", strings.Replace(account, `"kind"`, `"identity": {"type": "UserAssigned", "userAssignedIdentities": {"{s}/resourceGroups/g1/providers/Microsoft.ManagedIdentity/userAssignedIdentities/x": {}}}, "kind"`, 1), 400, "FailedIdentityOperation"},
		"a filter of no sort":               {"GET", "{s}/resources?$filter=what", "", 400, "InvalidFilterInQueryString"},
		"an action of no type":              {"POST", inGroup + "acc1/explode", "", 404, "InvalidResourceType"},
		"a method of none":                  {"DELETE", "{s}/resourceGroups", "", 405, "MethodNotAllowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, body, _ := c.arm(t, test.method, test.path, test.body)
			if status != test.status || code(body) != test.code {
				t.Errorf("answers %d %v, not %d %s", status, body, test.status, test.code)
			}
		})
	}
}

func TestNoToken(t *testing.T) {
	t.Parallel()
	c := start(t)
	for _, token := range []string{"", "x.y.z", c.token + "x"} {
		c := *c
		c.token = token
		status, _, header := c.arm(t, "GET", "{s}/resourceGroups", "")
		if status != http.StatusUnauthorized || !strings.Contains(header.Get("Www-Authenticate"), "Bearer") {
			t.Errorf("the token %.5q: %d %v", token, status, header)
		}
	}
}

func TestResourceOverItsLife(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.must(t, "PUT", "{s}/resourceGroups/G1", group)
	c.must(t, "PUT", inGroup+"acc1", account)
	// Any casing finds it, and it keeps that of its creation.
	got := c.must(t, "GET", "{s}/RESOURCEGROUPS/g1/providers/microsoft.storage/STORAGEACCOUNTS/ACC1", "")
	if got["id"] != c.sub+"/resourceGroups/G1/providers/Microsoft.Storage/storageAccounts/acc1" || got["name"] != "acc1" {
		t.Errorf("shown as %v, %v", got["id"], got["name"])
	}
	c.must(t, "PATCH", inGroup+"acc1", `{"tags": {"b": "2"}, "properties": {"minimumTlsVersion": "TLS1_2"}}`)
	got = c.must(t, "PATCH", inGroup+"acc1", `{"tags": {"c": "3"}}`)
	tags, _ := got["tags"].(map[string]any)
	properties, _ := got["properties"].(map[string]any)
	if len(tags) != 1 || tags["c"] != "3" || properties["minimumTlsVersion"] != "TLS1_2" {
		t.Errorf("after two patches: %v %v", tags, properties)
	}
	if page := c.must(t, "GET", "{s}/resources?$filter=resourceType eq 'microsoft.storage/storageaccounts' and name eq 'acc1'", ""); len(page["value"].([]any)) != 1 {
		t.Errorf("listed: %v", page)
	}
	status, _, header := c.arm(t, "DELETE", "{s}/resourceGroups/g1", "")
	if status != http.StatusAccepted || header.Get("Location") == "" {
		t.Errorf("deletion of a group answers %d %v", status, header)
	}
	for _, path := range []string{"{s}/resourceGroups/g1", inGroup + "acc1"} {
		if status, body, _ := c.arm(t, "GET", path, ""); status != http.StatusNotFound || code(body) != "ResourceGroupNotFound" {
			t.Errorf("%s afterwards: %d %v", path, status, body)
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.must(t, "PUT", "{s}/resourceGroups/g1", group)
	for _, name := range []string{"acca", "accb", "accc"} {
		c.must(t, "PUT", inGroup+name, account)
	}
	next, names := inGroup+"?$top=2", ""
	next = strings.Replace(next, "/?", "?", 1)
	for next != "" {
		page := c.must(t, "GET", strings.TrimPrefix(next, c.Endpoint()), "")
		for _, v := range page["value"].([]any) {
			names += v.(map[string]any)["name"].(string) + " "
		}
		next, _ = page["nextLink"].(string)
	}
	if names != "acca accb accc " {
		t.Errorf("the pages have %s", names)
	}
}

func TestLocks(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.must(t, "PUT", "{s}/resourceGroups/g1", group)
	c.must(t, "PUT", inGroup+"acc1", account)
	lock := inGroup + "acc1/providers/Microsoft.Authorization/locks/keep"
	c.must(t, "PUT", lock, `{"properties": {"level": "CanNotDelete"}}`)
	for _, path := range []string{inGroup + "acc1", "{s}/resourceGroups/g1", inGroup + "acc1/blobServices/default"} {
		if status, body, _ := c.arm(t, "DELETE", path, ""); status != http.StatusConflict || code(body) != "ScopeLocked" {
			t.Errorf("deletion of %s: %d %v", path, status, body)
		}
	}
	c.must(t, "PATCH", inGroup+"acc1", `{"tags": {}}`)
	c.must(t, "PUT", lock, `{"properties": {"level": "ReadOnly"}}`)
	if status, body, _ := c.arm(t, "PATCH", inGroup+"acc1", `{"tags": {}}`); status != http.StatusConflict || code(body) != "ScopeLocked" {
		t.Errorf("a change under ReadOnly: %d %v", status, body)
	}
	c.must(t, "DELETE", lock, "")
	c.must(t, "DELETE", inGroup+"acc1", "")
}

func TestSideBySide(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.must(t, "PUT", "{s}/resourceGroups/g1", group)
	c.must(t, "PUT", inGroup+"acc1", account)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			c.must(t, "PUT", inGroup+"acc1/blobServices/default/containers/c"+string(rune('a'+i))+"aa", `{"properties": {}}`)
		})
	}
	all.Wait()
	if page := c.must(t, "GET", inGroup+"acc1/blobServices/default/containers", ""); len(page["value"].([]any)) != 20 {
		t.Errorf("%d of 20 are there", len(page["value"].([]any)))
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	c := start(t)
	var out map[string]any
	if err := c.Client.Post(t.Context(), "faults", map[string]any{"match": "PUT .*/resourceGroups/", "status": 429, "retryAfter": 1, "times": 1}, &out); err != nil {
		t.Fatal(err)
	}
	status, _, header := c.arm(t, "PUT", "{s}/resourceGroups/g1", group)
	if status != http.StatusTooManyRequests || header.Get("Retry-After") != "1" {
		t.Errorf("the fault answers %d %v", status, header)
	}
	c.must(t, "PUT", "{s}/resourceGroups/g1", group)
	if err := c.Client.Post(t.Context(), "faults", map[string]any{"match": "DELETE ", "slow": 2}, &out); err != nil {
		t.Fatal(err)
	}
	_, _, header = c.arm(t, "DELETE", "{s}/resourceGroups/g1", "")
	at := strings.TrimPrefix(header.Get("Location"), c.Endpoint())
	for _, want := range []int{202, 202, 200} {
		if status, _, _ := c.arm(t, "GET", at, ""); status != want {
			t.Errorf("a poll answers %d, not %d", status, want)
		}
	}
}

func TestKeptAcrossAnEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := signIn(t, azuresimtest.StartWith(t, azuresim.Config{Data: dir}))
	c.must(t, "PUT", "{s}/resourceGroups/g1", group)
	if _, err := azuresim.New(t.Context(), azuresim.Config{Data: dir}); kernel.KindOf(err) != kernel.Conflict {
		t.Errorf("a second one in its folder: %v", err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := signIn(t, azuresimtest.StartWith(t, azuresim.Config{Data: dir}))
	if again.sub != c.sub || again.Env()["ARM_CLIENT_SECRET"] != c.Env()["ARM_CLIENT_SECRET"] {
		t.Error("it is another cloud")
	}
	again.must(t, "GET", "{s}/resourceGroups/g1", "")
	var log []map[string]any
	if err := again.Client.Get(t.Context(), "activity", nil, &log); err != nil || len(log) != 1 || log[0]["caller"] != "default" {
		t.Errorf("the activity log: %v %v", log, err)
	}
}

func TestEditBehindTheBack(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.must(t, "PUT", "{s}/resourceGroups/g1", group)
	var out map[string]any
	edit := map[string]any{"id": c.sub + "/resourceGroups/g1", "as": "mallory", "set": map[string]any{"tags.env": 5}}
	if err := c.Client.Post(t.Context(), "edit", edit, &out); err != nil {
		t.Fatal(err)
	}
	if got := c.must(t, "GET", "{s}/resourceGroups/g1", ""); got["tags"].(map[string]any)["env"] != "5" {
		t.Errorf("edited: %v", got)
	}
	page := c.must(t, "GET", "{s}/providers/Microsoft.Insights/eventtypes/management/values?$filter=resourceGroupName eq 'g1'", "")
	events, _ := page["value"].([]any)
	if len(events) != 2 || events[0].(map[string]any)["caller"] != "mallory" {
		t.Errorf("the activity log: %v", events)
	}
}
