// Package config is what an operator can set: one YAML file, environment
// variables TERRACE_* over it, flags over those.
//
// It owns names, defaults, documentation and the checks that need nothing but
// the values. It does not own what the values do.
package config

import (
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/access/quota/bound"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Config is the configuration of terraced. Every field has a key in the file,
// an environment variable and, where it is one value, a flag.
type Config struct {
	DataDir string `koanf:"data" yaml:"data" doc:"The folder that holds everything Terrace keeps on this machine. Empty is $XDG_DATA_HOME/terrace, which usually is ~/.local/share/terrace."`

	Listen           string   `koanf:"listen" yaml:"listen" doc:"Where the API, the pages to sign in and the documentation of APIs listen, host:port. Put TLS in front of it before it leaves loopback."`
	PublicURL        string   `koanf:"publicUrl" yaml:"publicUrl" doc:"Under which address others reach what listens, such as https://terrace.example.com: it is in the addresses of repositories and webhooks, and in what pull requests are told. Empty is http:// and the address of listen."`
	ClusterURL       string   `koanf:"clusterUrl" yaml:"clusterUrl" doc:"Under which address pods of stages with the runtime kubernetes reach this platform, for their configuration and flags, such as https://terrace.internal.example.com. Empty is publicUrl."`
	Gateway          string   `koanf:"gateway" yaml:"gateway" doc:"Where the gateway listens for HTTPS."`
	GatewayHTTP      string   `koanf:"gatewayHttp" yaml:"gatewayHttp" doc:"Where the gateway listens for HTTP, which it redirects to HTTPS."`
	GatewayRedis     string   `koanf:"gatewayRedis" yaml:"gatewayRedis" doc:"The Redis in which replicas of the gateway count limits together and share what is cached, sealed with the key of its tenant: redis://host:6379/0, or rediss:// with TLS. Without one each process counts and caches for itself, and so does each while Redis does not answer."`
	GatewayRedisFile string   `koanf:"gatewayRedisFile" yaml:"gatewayRedisFile" doc:"A file with the URL of that Redis, for one that has a password, in place of gatewayRedis; it is read at the start."`
	GatewayNetworks  []string `koanf:"gatewayNetworks" yaml:"gatewayNetworks" doc:"Private networks in which backends of routes that are a url may be, such as 10.20.0.0/16, in the clear too; elsewhere they have public addresses and TLS. Who may write routes reaches all of these. What the platform itself listens on is never reached. There are none by default."`
	GatewayConsumers int      `koanf:"gatewayConsumers" yaml:"gatewayConsumers" doc:"How many consumers of each route are counted apart, 1 to 1000: those who call most. The rest are counted together, as (others)."`
	GatewayAccessLog string   `koanf:"gatewayAccessLog" yaml:"gatewayAccessLog" doc:"Where the gateway's access log goes, a line of JSON for each request: stdout, stderr, off, or a file, which is put aside at 64 MiB with five kept. Empty is gateway-access.log in the data folder."`
	GatewayTraces    string   `koanf:"gatewayTraces" yaml:"gatewayTraces" doc:"Which share of the traces that begin at the gateway is recorded, 0 to 1, where OTEL_EXPORTER_OTLP_ENDPOINT says where to. Traces that clients began are recorded where the client says so."`
	DNS              string   `koanf:"dns" yaml:"dns" doc:"Where DNS is answered, over UDP and TCP."`
	Resolver         string   `koanf:"resolver" yaml:"resolver" doc:"Which DNS resolver is asked whether a tenant has proven its domain, and where names are that ACME challenges are looked for at, host:port, such as 10.0.0.2:53. Empty are the resolvers of this machine."`
	ACMEOpen         string   `koanf:"acmeOpen" yaml:"acmeOpen" doc:"For whose names ACME accounts order that are made without an external account key, tenant/project or tenant/project/stage; challenges alone decide then. Empty, every account needs a key."`
	ACMETerms        string   `koanf:"acmeTerms" yaml:"acmeTerms" doc:"Where the terms of service are that makers of ACME accounts have to agree to, a URL. Empty, there are none."`
	ACMENetworks     []string `koanf:"acmeNetworks" yaml:"acmeNetworks" doc:"Private networks in which hosts may be that ACME challenges are looked for at, over HTTP and TLS, such as 10.20.0.0/16; elsewhere they have public addresses. The default is this machine where the API listens on it alone, and none elsewhere."`
	ACMEHTTPPort     int      `koanf:"acmeHttpPort" yaml:"acmeHttpPort" doc:"The port at which http-01 challenges are looked for. Clients on the internet expect 80; another is for machines where that port is not to be had."`
	ACMETLSPort      int      `koanf:"acmeTlsPort" yaml:"acmeTlsPort" doc:"The port at which tls-alpn-01 challenges are looked for, as acmeHttpPort."`
	NATS             string   `koanf:"nats" yaml:"nats" doc:"Where the embedded NATS server listens, for topics."`
	TopicBroker      string   `koanf:"topicBroker" yaml:"topicBroker" doc:"The broker of topics whose documents name none, by its name in brokers. Empty is the embedded NATS server, which only the daemon serves that has it: where several share a database, name a cluster."`
	SinkNetworks     []string `koanf:"sinkNetworks" yaml:"sinkNetworks" doc:"Private networks in which webhooks, NATS and Kafka of subscriptions, and issuers of trusted tokens, may be, in the clear too; elsewhere they have public addresses and TLS. The default is this machine where the API listens on it alone, and none elsewhere."`
	FlagOrigins      []string `koanf:"flagOrigins" yaml:"flagOrigins" doc:"Origins of web pages, such as https://shop.example.com, whose scripts may evaluate feature flags over OFREP with a token of theirs; * is every page. Without any, browsers let none."`
	Zone             string   `koanf:"zone" yaml:"zone" doc:"The DNS zone of the services: <service>.<stage>.<project>.<zone>."`

	Database      string   `koanf:"database" yaml:"database" doc:"The database: sqlite:///path.db or postgres://user@host/name?sslmode=…. Empty is SQLite in the data folder."`
	DatabaseFile  string   `koanf:"databaseFile" yaml:"databaseFile" doc:"A file with the URL of the database, for one that has a password, in place of database; it is read at the start."`
	Documents     string   `koanf:"documents" yaml:"documents" doc:"Where documents of document databases are kept: mongodb://host/database or mongodb+srv://…, for Cosmos DB for MongoDB, too; or dynamodb://?region=eu-central-1&table=terrace-documents, whose credentials are those of the machine. Empty is the database."`
	DocumentsFile string   `koanf:"documentsFile" yaml:"documentsFile" doc:"A file with the URL of the store of documents, for one that has a password, in place of documents; it is read at the start."`
	Blobs         string   `koanf:"blobs" yaml:"blobs" doc:"Where plans, state versions, modules, artifacts and the logs of runs are kept: file:///folder. Empty is a folder in the data folder."`
	Key           string   `koanf:"key" yaml:"key" doc:"The key-encryption key: file:///path of a key file, which is made where it is missing and of whose lines the first seals, or base64key://… with the key itself. Empty is a key file in the data folder. What it sealed cannot be opened without it: back it up."`
	FormerKeys    []string `koanf:"formerKeys" yaml:"formerKeys" doc:"Key-encryption keys that only open what they sealed, after a rotation."`
	TenantKeys    string   `koanf:"tenantKeys" yaml:"tenantKeys" doc:"Where the shares of tenants' keys are kept: file:///folder. A tenant's key opens only with its share, which is destroyed with the tenant. Keep it out of the backups of the database, and back it up where single tenants can be removed. Empty is a folder in the data folder, or in that of blobs where one is set: all replicas need it."`

	PKI string `koanf:"pki" yaml:"pki" doc:"The folder in which root.pem has the roots that clients of the gateway should trust. Empty is in the data folder. The authority that lies there of an installation from before it was in the database is taken over."`

	WorkloadAPI string `koanf:"workloadApi" yaml:"workloadApi" doc:"The path of the Unix socket of the SPIFFE Workload API, at which processes of the local target learn who they are: each gets it in SPIFFE_ENDPOINT_SOCKET. Empty is in the data folder; off has none."`
	XDS         string `koanf:"xds" yaml:"xds" doc:"Where proxyless gRPC clients and servers of workloads and Envoys (xDS), and sidecars, learn how calls of their stage go, over mTLS with their SVIDs, host:port, such as 127.0.0.1:7083. Empty is nowhere."`

	Tenant  string `koanf:"tenant" yaml:"tenant" doc:"The tenant that is made at the first start, and that a sign-in goes to unless it names another."`
	Project string `koanf:"project" yaml:"project" doc:"The project that is made at the first start."`

	Concurrency       int      `koanf:"concurrency" yaml:"concurrency" doc:"How many runs work at the same time in this process, 1 to 64, those of remote runners left out. Each is a terraform process of about 100 MB."`
	TenantConcurrency int      `koanf:"tenantConcurrency" yaml:"tenantConcurrency" doc:"How many runs of one tenant work at the same time, on all processes and remote runners together; 0 is no limit but the others."`
	Quotas            []string `koanf:"quotas" yaml:"quotas" doc:"What a tenant may have, and do, for which terrace quota set has set nothing, as NAME=LIMIT: projects=20, storage=50GiB or requests-per-minute=6000; terrace quota show has the names. What is not named has no limit, but concurrent-runs has that of tenantConcurrency."`
	StrangerRequests  int      `koanf:"strangerRequests" yaml:"strangerRequests" doc:"How many requests without credentials, or with a token that stands for nobody, one address may send in a minute to each process. 0 is 600 where others reach the API, and no limit where it listens on this machine alone; -1 is no limit. Requests from this machine have none."`
	TrustedProxies    []string `koanf:"trustedProxies" yaml:"trustedProxies" doc:"Networks of the proxies in front of the API, such as 10.0.0.0/8: X-Forwarded-For is believed when one of them sends it."`
	Terraform         string   `koanf:"terraform" yaml:"terraform" doc:"The path of terraform (at least 1.9) or tofu (at least 1.8). Empty is the first on PATH, else tofu is built once."`
	Provider          string   `koanf:"provider" yaml:"provider" doc:"The path of terraform-provider-terrace. Empty is beside terraced."`
	ProviderMirror    string   `koanf:"providerMirror" yaml:"providerMirror" doc:"A folder with a filesystem mirror of other providers. Empty lets terraform fetch them from their registries."`
	AzureSim          bool     `koanf:"azureSim" yaml:"azureSim" doc:"true simulates Azure in this process: stages with the target azure reach the simulation and no real cloud."`
	Node              string   `koanf:"node" yaml:"node" doc:"The name of this process among several on one database; after a restart it continues the runs it had under that name. Empty is the host's name."`

	Isolation    string         `koanf:"isolation" yaml:"isolation" doc:"Whether runs are kept from all that is not theirs, by namespaces of Linux: auto does it where the kernel lets it, and says so in the log and in terrace doctor where not; required does not start without; off does not do it."`
	RunMemory    int            `koanf:"runMemory" yaml:"runMemory" doc:"How much memory a run may take with all that it starts, in MiB, where its stage says nothing. What processes share counts for each. 0 is no limit."`
	RunProcesses int            `koanf:"runProcesses" yaml:"runProcesses" doc:"How many processes a run may have at once, where its stage says nothing. 0 is no limit."`
	RunDisk      int            `koanf:"runDisk" yaml:"runDisk" doc:"How much one command of terraform may have in its folders, in MiB, where its stage says nothing; a build of a repository's folder as well, besides the caches of modules and packages. 0 is no limit."`
	RunOutput    int            `koanf:"runOutput" yaml:"runOutput" doc:"How much one command of terraform may print in a run, in MiB, where its stage says nothing. 0 is no limit."`
	RunLogKeep   stage.Duration `koanf:"runLogKeep" yaml:"runLogKeep" doc:"How long the log of a run is kept after its last line, such as 2160h, which is 90 days. 0s keeps it for ever."`
	RunTime      stage.Duration `koanf:"runTime" yaml:"runTime" doc:"How long one command of terraform may take in a run, such as 1h, where its stage says nothing."`
	BuildTime    stage.Duration `koanf:"buildTime" yaml:"buildTime" doc:"How long the build of a folder of a repository may take, such as 10m, where its source says nothing."`

	ShippedPolicies    bool           `koanf:"shippedPolicies" yaml:"shippedPolicies" doc:"Whether plans are held against the policies that Terrace ships; terrace policy list shows them, and terrace policy list --server what is in force."`
	PolicyFolders      []string       `koanf:"policyFolders" yaml:"policyFolders" doc:"Folders with policies of your own, Rego as Open Policy Agent and Conftest have it, with data beside them. They are read again when they change."`
	PolicyRepositories []string       `koanf:"policyRepositories" yaml:"policyRepositories" doc:"Repositories with policies, as URL#BRANCH:FOLDER: https://git.example.com/policies#main:azure. Each is asked for its head every minute."`
	PolicyToken        string         `koanf:"policyToken" yaml:"policyToken" doc:"The token that reads the repositories of policies. Better set its environment variable, or policyTokenFile."`
	PolicyTokenFile    string         `koanf:"policyTokenFile" yaml:"policyTokenFile" doc:"A file with the token that reads the repositories of policies, in place of policyToken; it is read each time, so that the token can be renewed."`
	PolicyLevels       []string       `koanf:"policyLevels" yaml:"policyLevels" doc:"Levels of policies where their own shall not hold, as POLICIES=LEVEL@KEY=VALUE: azure-storage-*=advisory@stage=dev. Levels are advisory, soft-mandatory, hard-mandatory and off; keys are tenant, project, stage and target. The last that holds counts."`
	ExemptionTime      stage.Duration `koanf:"exemptionTime" yaml:"exemptionTime" doc:"How long an exemption from a policy may last at most, such as 2160h, which is 90 days."`
	ComplianceEvery    stage.Duration `koanf:"complianceEvery" yaml:"complianceEvery" doc:"How often what is applied is held against the policies when nothing changes, such as 24h; each stack has its own moment. It is so after each apply and when policies change, too."`
	ComplianceKeep     stage.Duration `koanf:"complianceKeep" yaml:"complianceKeep" doc:"How long it is kept how what is applied stood against the policies, such as 9600h."`
	PriceFolders       []string       `koanf:"priceFolders" yaml:"priceFolders" doc:"Folders with snapshots of prices, by date, as terrace cost prices import writes them, beside those that Terrace ships. Plans of runs are estimated with the newest of each price."`

	BudgetUnpriced string   `koanf:"budgetUnpriced" yaml:"budgetUnpriced" doc:"What becomes of a run of which it cannot be told what it adds to a budget, for lack of a price or in another currency, where the budget says nothing: warn, override or block."`
	CurrencyRates  []string `koanf:"currencyRates" yaml:"currencyRates" doc:"What one unit of a currency is in another from a day on, as USD/EUR=0.92@2026-11-01. With them budgets in other currencies than that of the prices, US dollars, are held against; each figure names the rates it has. The newest that has begun counts, either way."`

	LifetimeWarning stage.Duration `koanf:"lifetimeWarning" yaml:"lifetimeWarning" doc:"How long before its end a lifetime is warned of, such as 24h; half of it where it is shorter than twice that."`
	ReclaimsPerHour int            `koanf:"reclaimsPerHour" yaml:"reclaimsPerHour" doc:"How many stacks of a tenant whose lifetimes are over are removed in an hour at most, so that a clock that jumps does not remove everything at once."`

	CredentialLife stage.Duration `koanf:"credentialLife" yaml:"credentialLife" doc:"How old a password of a cache, a database or a document database of the local target becomes before it is rotated, such as 2160h, which is 90 days; services that refer to it are started anew, and the one before opens it for an hour more. 0s rotates none by itself."`

	BackupEvery stage.Duration `koanf:"backupEvery" yaml:"backupEvery" doc:"How often each cache and database of the local target is backed up, such as 24h, sealed among the blobs. 0s backs none up by itself."`
	BackupsKept int            `koanf:"backupsKept" yaml:"backupsKept" doc:"How many backups of each cache and database stay, 1 to 100; those of one that was removed stay for 30 days."`

	LogLevel  string `koanf:"logLevel" yaml:"logLevel" doc:"debug, info, warn or error."`
	LogFormat string `koanf:"logFormat" yaml:"logFormat" doc:"text, json or auto: text on a terminal, JSON elsewhere."`

	// File is where the configuration was read, "" where there is no file. It has no key.
	File string `koanf:"-" yaml:"-"`

	Brokers []Broker `koanf:"brokers" yaml:"brokers" doc:"NATS clusters and Kafka clusters that topics may be on, beside the NATS server in the daemon. One that does not answer is told by terrace doctor."`

	Stages []stage.Stage `koanf:"stages" yaml:"stages" doc:"The stages that a release passes through, in their order. A file that has any has them all."`
}

// Default returns the configuration of an installation that sets nothing.
func Default() Config {
	return Config{
		Listen: "127.0.0.1:7080", Gateway: "127.0.0.1:7443", GatewayHTTP: "127.0.0.1:7081",
		DNS: "127.0.0.1:7053", NATS: "127.0.0.1:7422", Zone: "localhost", GatewayConsumers: 50, GatewayTraces: "0.01",
		SinkNetworks: []string{"127.0.0.0/8", "::1/128"},
		ACMENetworks: []string{"127.0.0.0/8", "::1/128"}, ACMEHTTPPort: 80, ACMETLSPort: 443,
		GatewayNetworks: []string{}, FormerKeys: []string{}, Quotas: []string{}, TrustedProxies: []string{}, Tenant: "default", Project: "demo", Concurrency: 4,
		Isolation: "auto", RunMemory: 4096, RunProcesses: 256, RunDisk: 4096, RunOutput: 512, RunLogKeep: stage.Duration(90 * 24 * time.Hour), RunTime: stage.Duration(time.Hour), BuildTime: stage.Duration(10 * time.Minute),
		ShippedPolicies: true, PolicyFolders: []string{}, PolicyRepositories: []string{}, PolicyLevels: []string{}, ExemptionTime: stage.Duration(90 * 24 * time.Hour),
		ComplianceEvery: stage.Duration(24 * time.Hour), ComplianceKeep: stage.Duration(400 * 24 * time.Hour), PriceFolders: []string{}, BudgetUnpriced: "warn", CurrencyRates: []string{}, LifetimeWarning: stage.Duration(24 * time.Hour), ReclaimsPerHour: 10,
		CredentialLife: stage.Duration(90 * 24 * time.Hour), BackupEvery: stage.Duration(24 * time.Hour), BackupsKept: 7,
		LogLevel: "info", LogFormat: "auto", Brokers: []Broker{}, Stages: stage.Default(),
	}
}

// Assignments returns the levels of PolicyLevels, which were checked.
func (c Config) Assignments() policy.Assignments {
	var out policy.Assignments
	for _, text := range c.PolicyLevels {
		if a, err := policy.ParseAssignment(text); err == nil {
			out = append(out, a)
		}
	}
	return out
}

// Rates returns the rates of CurrencyRates, which were checked.
func (c Config) Rates() budget.Rates {
	var out budget.Rates
	for _, text := range c.CurrencyRates {
		if r, err := budget.ParseRate(text); err == nil {
			out = append(out, r)
		}
	}
	return out
}

// Limits returns the limits of Quotas, which were checked.
func (c Config) Limits() bound.Limits {
	limits, err := bound.Parse(c.Quotas)
	if err != nil {
		return bound.Limits{}
	}
	return limits
}

// manyStrangers is what StrangerRequests is where others reach the API.
const manyStrangers = 600

// Strangers returns how many requests without credentials one address may send in a
// minute, -1 for no limit.
func (c Config) Strangers() int64 {
	switch {
	case c.StrangerRequests != 0:
		return int64(c.StrangerRequests)
	case onLoopback(c.Listen):
		return bound.Unlimited
	default:
		return manyStrangers
	}
}

// Proxies returns the networks of TrustedProxies, which were checked.
func (c Config) Proxies() []netip.Prefix { return networks(c.TrustedProxies) }

// Sinks returns the networks of SinkNetworks, which were checked.
func (c Config) Sinks() []netip.Prefix { return networks(c.SinkNetworks) }

// ACMEHosts returns the networks of ACMENetworks, which were checked.
func (c Config) ACMEHosts() []netip.Prefix { return networks(c.ACMENetworks) }

// ACMEScope returns the scope of ACMEOpen, which was checked; nil for none.
func (c Config) ACMEScope() *kernel.Scope {
	names := strings.Split(c.ACMEOpen, "/")
	if len(names) < 2 {
		return nil
	}
	scope := kernel.Scope{Tenant: names[0], Project: names[1]}
	if len(names) > 2 {
		scope.Stage = names[2]
	}
	return &scope
}

// Backends returns the networks of GatewayNetworks, which were checked.
func (c Config) Backends() []netip.Prefix { return networks(c.GatewayNetworks) }

func networks(texts []string) []netip.Prefix {
	var out []netip.Prefix
	for _, text := range texts {
		if network, err := netip.ParsePrefix(text); err == nil {
			out = append(out, network.Masked())
		}
	}
	return out
}

// TraceRatio returns GatewayTraces, which was checked.
func (c Config) TraceRatio() float64 {
	ratio, err := strconv.ParseFloat(c.GatewayTraces, 64)
	if err != nil {
		return 0
	}
	return ratio
}

// DatabaseURL returns the URL of the database.
func (c Config) DatabaseURL() string {
	if c.Database != "" {
		return c.Database
	}
	return (&url.URL{Scheme: "sqlite", Path: filepath.Join(c.DataDir, "terrace.db")}).String()
}

// PKIFolder returns the folder with the authority of certificates.
func (c Config) PKIFolder() string {
	if c.PKI != "" {
		return c.PKI
	}
	return filepath.Join(c.DataDir, "pki")
}

// WorkloadSocket returns the path of the Workload API's socket, "" where there is none.
func (c Config) WorkloadSocket() string {
	switch c.WorkloadAPI {
	case "":
		return filepath.Join(c.DataDir, "workload-api.sock")
	case "off":
		return ""
	}
	return c.WorkloadAPI
}

// BlobURL returns the URL of the blob store.
func (c Config) BlobURL() string { return c.fileURL(c.Blobs, "blobs") }

// KeyURL returns the URL of the key-encryption key.
func (c Config) KeyURL() string { return c.fileURL(c.Key, "keys", "kek") }

// TenantKeysURL returns the URL of the shares of tenants' keys: where nothing is set it is
// reached by who reaches the blobs.
func (c Config) TenantKeysURL() string {
	if c.TenantKeys == "" && c.Blobs != "" {
		return strings.TrimSuffix(c.Blobs, "/") + "/" + tenantKeysFolder
	}
	return c.fileURL(c.TenantKeys, "keys", tenantKeysFolder)
}

// tenantKeysFolder has the shares of tenants' keys where no other place is set.
const tenantKeysFolder = "tenant-keys"

func (c Config) fileURL(set string, elements ...string) string {
	if set != "" {
		return set
	}
	path := filepath.Join(append([]string{c.DataDir}, elements...)...)
	return (&url.URL{Scheme: "file", Path: path}).String()
}
