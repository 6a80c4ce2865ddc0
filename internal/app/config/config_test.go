package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/pflag"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "terrace.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func flags(t *testing.T, args ...string) *pflag.FlagSet {
	t.Helper()
	set := pflag.NewFlagSet("terraced", pflag.ContinueOnError)
	config.Flags(set)
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	return set
}

func home() []string { return []string{"HOME=/home/ada", "TERRACE_NODE=here"} }

func TestNothingSetIsTheDefault(t *testing.T) {
	t.Parallel()
	c, err := config.Load(flags(t), home())
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.DataDir, want.Node = "/home/ada/.local/share/terrace", "here"
	if d := cmp.Diff(want, c); d != "" {
		t.Error(d)
	}
	for got, want := range map[string]string{
		c.DatabaseURL():   "sqlite:///home/ada/.local/share/terrace/terrace.db",
		c.BlobURL():       "file:///home/ada/.local/share/terrace/blobs",
		c.KeyURL():        "file:///home/ada/.local/share/terrace/keys/kek",
		c.TenantKeysURL(): "file:///home/ada/.local/share/terrace/keys/tenant-keys",
		config.Config{DataDir: "/d", Blobs: "file:///shared/blobs/"}.TenantKeysURL():                             "file:///shared/blobs/tenant-keys",
		config.Config{DataDir: "/d", Blobs: "file:///shared/blobs", TenantKeys: "file:///apart"}.TenantKeysURL(): "file:///apart",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestFlagsGoOverVariablesOverTheFile(t *testing.T) {
	t.Parallel()
	path := file(t, "listen: 127.0.0.1:1\ngateway: 127.0.0.1:2\ngatewayHttp: 127.0.0.1:3\nconcurrency: 2\nkey: file:///k\n")
	env := append(home(), "TERRACE_CONFIG="+path, "TERRACE_GATEWAY=127.0.0.1:22", "TERRACE_GATEWAY_HTTP=127.0.0.1:33",
		"TERRACE_CONCURRENCY=8", "TERRACE_FORMER_KEYS=file:///a,file:///b", "TERRACE_TOKEN=terr_of_the_client")
	c, err := config.Load(flags(t, "--gateway-http=127.0.0.1:333", "--data=/srv/terrace"), env)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{c.Listen, c.Gateway, c.GatewayHTTP, c.Concurrency, c.KeyURL(), strings.Join(c.FormerKeys, " "), c.DataDir, c.Zone}
	if d := cmp.Diff([]any{"127.0.0.1:1", "127.0.0.1:22", "127.0.0.1:333", 8, "file:///k", "file:///a file:///b", "/srv/terrace", "localhost"}, got); d != "" {
		t.Error(d)
	}
}

func TestStagesOfTheFileReplaceTheDefaultOnes(t *testing.T) {
	t.Parallel()
	path := file(t, `stages:
  - {name: dev, order: 1, target: local, runtime: process}
  - name: live
    order: 2
    target: local
    runtime: process
    approvals: {count: 1, role: approver, otherThanRequester: true, expireAfter: 24h}
    soak: 1h
    autoPromote: true
    windows:
      - {name: office, kind: allow, rrule: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH;BYHOUR=9", timezone: Europe/Berlin, duration: 8h}
    requiredTags: [owner]
    verify:
      - {name: up, http: {path: /healthz, timeout: 30s, headers: {Accept: text/plain}}}
      - {name: smoke, command: {argv: [/bin/true], timeout: 2m, memory: 64}}
      - {name: errors, prometheus: {server: "http://localhost:9090", query: "errors{workload=${workload}}", condition: "< 0.01", for: 5m, every: 10s}}
    verifyEvery: 10m
    rollback: automatic
    rollout:
      strategy: canary
      steps: [{setWeight: 5, pause: 2m}, {setWeight: 100}]
      analysis: {successRate: 99.5, latencyP99: 400ms, minRequests: 200, maxWait: 10m, noData: pass}
`)
	c, err := config.Load(flags(t, "--config="+path), home())
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Stages) != 2 || c.Stages[1].Verify[0].HTTP.Timeout.Seconds() != 30 || !c.Stages[1].Approvals.OtherThanRequester {
		t.Errorf("%+v", c.Stages)
	}
	if live := c.Stages[1]; live.Verify[1].Command.Memory != 64 || live.Verify[2].Prometheus.Every.Seconds() != 10 || live.VerifyEvery.Minutes() != 10 || live.Rollback != stage.RollbackAutomatic {
		t.Errorf("%+v", live)
	}
	if r, ok := c.Stages[1].Rollouts(); !ok || len(r.Steps) != 2 || r.Steps[0].SetWeight != 5 || r.Steps[0].Pause.String() != "2m0s" ||
		r.Analysis.SuccessRate != 99.5 || r.Analysis.LatencyP99.String() != "400ms" || r.Analysis.MinRequests != 200 || r.Analysis.NoData != stage.NoDataPass {
		t.Errorf("%+v", r)
	}
	if live := c.Stages[1]; live.Approvals.ExpireAfter.String() != "24h0m0s" || live.Soak.Hours() != 1 || !live.AutoPromote || live.Windows[0].Duration.Hours() != 8 {
		t.Errorf("%+v", live)
	}
}

// TestSinkNetworksReplaceTheDefaultOnes: what is not in the list is not allowed.
func TestSinkNetworksReplaceTheDefaultOnes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"zone: a\n": "127.0.0.0/8 ::1/128", "sinkNetworks: []\n": "", "sinkNetworks: [10.1.0.0/8]\n": "10.0.0.0/8", "listen: 0.0.0.0:7080\n": "", "listen: 0.0.0.0:7080\nsinkNetworks: [127.0.0.0/8]\n": "127.0.0.0/8"} {
		c, err := config.Load(flags(t, "--config="+file(t, text)), home())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range c.Sinks() {
			got = append(got, n.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	if _, err := config.Load(flags(t, "--sink-networks=10.0.0.1"), home()); err == nil || !strings.Contains(err.Error(), "sinkNetworks[0]") {
		t.Errorf("%v", err)
	}
}

// TestAMirrorIsFoundFromEveryFolder: runs work in folders of their own.
func TestAMirrorIsFoundFromEveryFolder(t *testing.T) {
	t.Parallel()
	c, err := config.Load(flags(t, "--provider-mirror=."), home())
	if err != nil || !filepath.IsAbs(c.ProviderMirror) {
		t.Errorf("%q, %v", c.ProviderMirror, err)
	}
}

// TestSecretsStandInFiles has the URL of the database, and the token of the policies, in files.
func TestSecretsStandInFiles(t *testing.T) {
	t.Parallel()
	database, token := file(t, "postgres://terrace:hunter2@db/terrace\n"), file(t, " first\n")
	c, err := config.Load(flags(t, "--database-file="+database), append(home(), "TERRACE_POLICY_TOKEN_FILE="+token))
	if err != nil || c.DatabaseURL() != "postgres://terrace:hunter2@db/terrace" {
		t.Fatalf("%q, %v", c.DatabaseURL(), err)
	}
	for _, want := range []string{"first", "second"} { // it is renewed
		if err := os.WriteFile(token, []byte(want+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := c.PolicySecret(); got != want || err != nil {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	if err := os.Remove(token); err != nil {
		t.Fatal(err)
	}
	if got, err := c.PolicySecret(); got != "" || !kernel.Is(err, kernel.Unavailable) {
		t.Errorf("without its file the token is %q, %v", got, err)
	}
}

func TestProblemsAreNamedAtTheirPlace(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		file string
		args []string
		env  string
		want []string
	}{
		"a mistyped key":        {file: "listen: 127.0.0.1:1\n\nlisten_http: x\ngatway: 127.0.0.1:1\n", want: []string{":3:1: listen_http: the key", ":4:1: gatway: the key", `did you mean "gateway"?`}},
		"a nested unknown key":  {file: "stages:\n  - name: dev\n    aproval: 1\n", want: []string{":3:1: aproval"}},
		"a word for a number":   {file: "tenant: default\nconcurrency: many\n", want: []string{":2:1: `many` is not a whole number"}},
		"a relative database":   {args: []string{"--database=sqlite://data/terrace.db"}, want: []string{"database: ", `"data" would be taken for a host`, "sqlite:///path"}},
		"a mirror that is none": {args: []string{"--provider-mirror=nowhere"}, want: []string{"providerMirror: ", `/nowhere" is no folder`}},
		"a list for one value":  {file: "listen: [a]\n", want: []string{":1:1: this is not one value"}},
		"not yaml":              {file: "a: [\n", want: []string{"terrace.yaml:"}},
		"two documents":         {file: "zone: a\n---\nzone: b\n", want: []string{"more than one document"}},
		"no such file":          {args: []string{"--config=/nowhere/terrace.yaml"}, want: []string{"/nowhere/terrace.yaml: the file cannot be read: no such file or directory"}},
		"a bad variable":        {env: "TERRACE_CONCURRENCY=many", want: []string{`TERRACE_CONCURRENCY: "many" is not a whole number`}},
		"a bad flag":            {args: []string{"--concurrency=x"}, want: []string{`--concurrency: "x" is not`}},
		"out of bounds":         {args: []string{"--concurrency=0"}, want: []string{"concurrency: 0 is out of bounds"}},
		"logs kept too short":   {args: []string{"--run-log-keep=30m"}, want: []string{"runLogKeep: 30m0s is too short"}},
		"an address without":    {args: []string{"--listen=localhost", "--dns=127.0.0.1:99999"}, want: []string{"listen:", "dns:"}},
		"any free port":         {args: []string{"--listen=127.0.0.1:0", "--nats=127.0.0.1:0"}, want: []string{"listen:", "nats:", "give a port from 1 to 65535"}},
		"a port used twice":     {args: []string{"--listen=127.0.0.1:7443"}, want: []string{"gateway: 127.0.0.1:7443 is also the address of listen"}},
		"a bad name":            {args: []string{"--project=My Project", "--tenant=A"}, want: []string{"project:", "tenant:"}},
		"no file of a database": {args: []string{"--database-file=/nowhere/url"}, want: []string{"databaseFile: the file /nowhere/url cannot be read: no such file or directory"}},
		"no file of a token":    {args: []string{"--policy-token-file=/nowhere/token"}, want: []string{"policyTokenFile: there is no file /nowhere/token"}},
		"two places":            {args: []string{"--database-file=/nowhere/url", "--database=postgres://root:hunter2@db"}, want: []string{"databaseFile: there is database as well"}},
		"two places for Redis":  {args: []string{"--gateway-redis-file=/nowhere/url", "--gateway-redis=redis://:hunter2@cache"}, want: []string{"gatewayRedisFile: there is gatewayRedis as well"}},
		"no URL of Redis":       {args: []string{"--gateway-redis=cache:6379"}, want: []string{"gatewayRedis: this is not a URL"}},
		"no file of Redis":      {args: []string{"--gateway-redis-file=/nowhere/url"}, want: []string{"gatewayRedisFile: the file /nowhere/url cannot be read"}},
		"two lines":             {args: []string{"--database-file=" + file(t, "postgres://root:hunter2@db\nand more\n")}, want: []string{"databaseFile: the file ", "does not have one line"}},
		"a file of no database": {args: []string{"--database-file=" + file(t, "mysql://root:hunter2@db\n")}, want: []string{"database: this is not a URL that can be used here"}},
		"an unknown scheme":     {args: []string{"--database=mysql://root:hunter2@db", "--key=vault://x"}, want: []string{"database:", "key:"}},
		"levels and formats":    {args: []string{"--log-level=loud", "--log-format=xml"}, want: []string{"logLevel:", "logFormat:"}},
		"a word for a time":     {file: "stages:\n  - {name: a, order: 1, target: local, runtime: process, approvals: {expireAfter: soon}}\n", want: []string{`"soon" is not a duration such as 24h`}},
		"stages of one name":    {file: "stages:\n  - {name: a, order: 1, target: local, runtime: process}\n  - {name: a, order: 2, target: local, runtime: process}\n", want: []string{"used twice"}},
		"a rate of nothing":     {file: "currencyRates: [USD/EUR=0.9@2026-11-01, USD/EUR=0@2026-11-01]\n", want: []string{"currencyRates[1]:", "is no figure above zero", "USD/EUR=0.92@2026-11-01"}},
		"how a gateway is seen": {args: []string{"--gateway-traces=1.5", "--gateway-access-log=access.log", "--gateway-consumers=0"}, want: []string{"gatewayTraces:", "gatewayAccessLog:", "gatewayConsumers:"}},
		"no path of a socket":   {args: []string{"--workload-api=run/x.sock"}, want: []string{`workloadApi: "run/x.sock" is not an absolute path`}},
		"no settings of ACME":   {args: []string{"--acme-open=corp", "--acme-terms=terms", "--acme-networks=10.0.0.1", "--acme-http-port=0", "--acme-tls-port=70000"}, want: []string{`acmeOpen: "corp" is no scope`, "acmeTerms:", "acmeNetworks[0]:", "acmeHttpPort: 0 is no port", "acmeTlsPort: 70000 is no port"}},
		"no broker of topics": {file: "topicBroker: kafka\nbrokers:\n  - {name: a, kind: kafka, addresses: ['nats://a:1'], mechanism: PLAIN}\n  - {name: a, kind: rabbit, addresses: []}\n  - {name: c, kind: nats, addresses: ['nats://me:hunter2@c'], username: me}\n  - {name: embedded, kind: kafka, addresses: ['a:1'], username: me, passwordFile: /nowhere/x, mechanism: GSSAPI}\n", want: []string{
			"topicBroker: there is no broker", "brokers[0].addresses[0]: ", "brokers[0].mechanism: a mechanism and a password", `brokers[1].name: there is another broker "a"`, "brokers[1].kind", "brokers[1].addresses: there is none",
			"brokers[2].addresses[0]: this is not a URL of NATS without a password", "brokers[2].username", `brokers[3].name: there is another broker "embedded"`, "brokers[3].passwordFile: there is no file /nowhere/x", `brokers[3].mechanism: "GSSAPI"`,
		}},
		"no share of traces":    {args: []string{"--gateway-traces=NaN"}, want: []string{`gatewayTraces: "NaN" is no share`}},
		"a value in the file":   {file: "tenant: default\nconcurrency: 0\nstages:\n  - name: dev\n    target: local\n  - name: prod\n    target: local\n    soak: -1h\nsinkNetworks:\n  - 10.0.0.0/8\n  - here\n", want: []string{"terrace.yaml:2:14: concurrency: 0 is out of bounds", "terrace.yaml:11:5: sinkNetworks[1]: ", "terrace.yaml:8:11: stages.prod.soak"}},
		"a value over the file": {file: "concurrency: 5\ntenant: X\n", args: []string{"--concurrency=0"}, want: []string{"\n  concurrency: 0 is out of bounds", "terrace.yaml:2:9: tenant: "}},
		"an empty list of them": {file: "stages: []\n", want: []string{"stages: there are none"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := c.args
			if c.file != "" {
				args = append(args, "--config="+file(t, c.file))
			}
			_, err := config.Load(flags(t, args...), append(home(), c.env))
			if !kernel.Is(err, kernel.Invalid) {
				t.Fatalf("error %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %v\nlacks %s", err, want)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error repeats a password: %v", err)
			}
		})
	}
}

// reference is the committed example; UPDATE=1 writes it anew.
const reference = "../../../docs/reference/config.yaml"

func TestTheReferenceIsCurrentAndIsTheDefault(t *testing.T) {
	t.Parallel()
	want, err := config.Example()
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(reference, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("docs/reference/config.yaml is old; run UPDATE=1 go test ./internal/app/config\n%s", d)
	}
	fromFile, err := config.Load(flags(t, "--config="+reference), home())
	if err != nil {
		t.Fatal(err)
	}
	fromNothing, err := config.Load(flags(t), home())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(fromNothing, fromFile, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(config.Config{}, "File")); d != "" {
		t.Error(d)
	}
	if len(fromFile.Stages) != len(stage.Default()) {
		t.Errorf("%d stages", len(fromFile.Stages))
	}
}

func TestEveryKeyOfAStageAndABrokerIsDocumented(t *testing.T) {
	t.Parallel()
	text, err := config.Example()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range append(keysOf(reflect.TypeFor[stage.Stage](), ""), keysOf(reflect.TypeFor[config.Broker](), "")...) {
		if !strings.Contains(string(text), "#   "+key+": ") {
			t.Errorf("%s is not documented", key)
		}
	}
}

func keysOf(typ reflect.Type, prefix string) (keys []string) {
	for f := range typ.Fields() {
		key, inner := prefix+f.Tag.Get("koanf"), f.Type
		if inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Struct {
			key, inner = key+"[]", inner.Elem()
		}
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			keys = append(keys, keysOf(inner, key+".")...)
		} else {
			keys = append(keys, key)
		}
	}
	return keys
}

func TestReach(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		":7080": "127.0.0.1:7080", "0.0.0.0:7080": "127.0.0.1:7080", "[::]:7080": "127.0.0.1:7080",
		"127.0.0.1:7080": "127.0.0.1:7080", "terrace.example.com:443": "terrace.example.com:443",
	} {
		if got := config.Reach(address); got != want {
			t.Errorf("%s is reached at %s, want %s", address, got, want)
		}
	}
}
