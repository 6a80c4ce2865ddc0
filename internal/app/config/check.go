package config

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/access/quota/bound"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

// checker gathers problems.
type checker struct {
	file     string
	problems []kernel.Problem
}

func (k *checker) add(path, message, fix string) {
	k.problems = append(k.problems, kernel.Problem{File: k.file, Path: path, Message: message, Fix: fix})
}

// problems returns all that is wrong with the values.
func (c Config) problems(file string) []kernel.Problem {
	k := &checker{file: file}
	k.addresses(c)
	k.names(c)
	k.url("publicUrl", c.PublicURL, "http", "https")
	k.url("clusterUrl", c.ClusterURL, "http", "https")
	k.url("database", c.Database, "sqlite", "postgres", "postgresql")
	k.url("documents", c.Documents, "mongodb", "mongodb+srv", "dynamodb")
	k.url("gatewayRedis", c.GatewayRedis, "redis", "rediss")
	k.url("blobs", c.Blobs, "file")
	k.url("key", c.Key, "file", "base64key")
	k.url("tenantKeys", c.TenantKeys, "file")
	for i, former := range c.FormerKeys {
		k.url("formerKeys["+strconv.Itoa(i)+"]", former, "file", "base64key")
	}
	for key, all := range map[string][]string{"sinkNetworks": c.SinkNetworks, "gatewayNetworks": c.GatewayNetworks, "acmeNetworks": c.ACMENetworks} {
		for i, network := range all {
			if _, err := netip.ParsePrefix(network); err != nil && network != "" {
				k.add(key+"["+strconv.Itoa(i)+"]", fmt.Sprintf("%q is not a network", network), "write it as 10.0.0.0/8 or fd00::/8")
			}
		}
	}
	k.acme(c)
	for i, origin := range c.FlagOrigins {
		if !isOrigin(origin) {
			k.add("flagOrigins["+strconv.Itoa(i)+"]", fmt.Sprintf("%q is no origin of web pages", origin), "write it as https://shop.example.com, with a port where it has one and without a path, or as *")
		}
	}
	for i, text := range c.PolicyLevels {
		if _, err := policy.ParseAssignment(text); err != nil && text != "" {
			k.add("policyLevels["+strconv.Itoa(i)+"]", err.Error(), "")
		}
	}
	if c.LifetimeWarning < 0 || c.LifetimeWarning > stage.Duration(31*24*time.Hour) {
		k.add("lifetimeWarning", c.LifetimeWarning.String()+" is out of bounds", "use up to 744h")
	}
	if c.ReclaimsPerHour < 1 {
		k.add("reclaimsPerHour", fmt.Sprintf("%d is out of bounds", c.ReclaimsPerHour), "use a number from 1 on; stages with never remove nothing")
	}
	for i, text := range c.CurrencyRates {
		if _, err := budget.ParseRate(text); err != nil && text != "" {
			k.add("currencyRates["+strconv.Itoa(i)+"]", err.Error(), "write it as USD/EUR=0.92@2026-11-01")
		}
	}
	k.oneOf("budgetUnpriced", c.BudgetUnpriced, "warn", "override", "block")
	if c.ComplianceEvery < stage.Duration(time.Minute) {
		k.add("complianceEvery", fmt.Sprintf("%s is too often", time.Duration(c.ComplianceEvery)), "use at least 1m")
	}
	if c.ComplianceKeep < stage.Duration(24*time.Hour) {
		k.add("complianceKeep", fmt.Sprintf("%s is too short", time.Duration(c.ComplianceKeep)), "use at least 24h")
	}
	if keep := time.Duration(c.RunLogKeep); keep != 0 && keep < time.Hour {
		k.add("runLogKeep", fmt.Sprintf("%s is too short", keep), "use at least 1h, or 0s to keep logs for ever")
	}
	k.observation(c)
	if c.Concurrency < 1 || c.Concurrency > 64 {
		k.add("concurrency", fmt.Sprintf("%d is out of bounds", c.Concurrency), "use 1 to 64")
	}
	if info, err := os.Stat(c.ProviderMirror); c.ProviderMirror != "" && (err != nil || !info.IsDir()) {
		k.add("providerMirror", fmt.Sprintf("%q is no folder", c.ProviderMirror), "give one with a filesystem mirror, or leave it empty to take providers from their registries")
	}
	for i, network := range c.TrustedProxies {
		if _, err := netip.ParsePrefix(network); err != nil && network != "" {
			k.add("trustedProxies["+strconv.Itoa(i)+"]", fmt.Sprintf("%q is not a network", network), "write it as 10.0.0.0/8 or fd00::/8")
		}
	}
	if _, err := bound.Parse(c.Quotas); err != nil {
		known, _ := errors.AsType[*kernel.Error](err)
		k.add("quotas", known.Message, known.Fix)
	}
	if c.StrangerRequests < -1 {
		k.add("strangerRequests", fmt.Sprintf("%d is out of bounds", c.StrangerRequests), "use a number from 1 on, 0 for the default, or -1 for no limit")
	}
	if c.TenantConcurrency < 0 {
		k.add("tenantConcurrency", fmt.Sprintf("%d is out of bounds", c.TenantConcurrency), "use a number from 1 on, or 0 for no limit")
	}
	k.oneOf("isolation", c.Isolation, "auto", "required", "off")
	k.limits(c)
	k.oneOf("logLevel", c.LogLevel, "debug", "info", "warn", "error")
	k.oneOf("logFormat", c.LogFormat, "auto", "text", "json")
	if _, err := stage.NewSet(c.Stages); err != nil {
		k.stages(err)
	} else {
		k.machine(c.Stages)
	}
	return k.problems
}

func (k *checker) stages(err error) {
	if e, ok := err.(*kernel.Error); ok && len(e.Problems) > 0 { //nolint:errorlint // as NewSet returns it
		for _, p := range e.Problems {
			k.add(p.Path, p.Message, p.Fix)
		}
		return
	}
	k.add("stages", err.Error(), "")
}

func (k *checker) addresses(c Config) {
	k.brokers(c)
	taken := map[string]string{}
	for _, a := range []struct{ key, address string }{
		{"listen", c.Listen}, {"gateway", c.Gateway}, {"gatewayHttp", c.GatewayHTTP}, {"dns", c.DNS}, {"nats", c.NATS}, {"xds", c.XDS},
	} {
		if a.key == "xds" && a.address == "" {
			continue // there is none
		}
		_, port, err := net.SplitHostPort(a.address)
		n, numeric := strconv.ParseUint(port, 10, 16)
		switch {
		case err != nil || numeric != nil:
			k.add(a.key, fmt.Sprintf("%q is not an address", a.address), "use host:port, such as 127.0.0.1:7080")
		case n == 0: // any free port: what is printed and written down would not be where it listens
			k.add(a.key, fmt.Sprintf("%q has no port of its own", a.address), "give a port from 1 to 65535")
		case taken[a.address] != "":
			k.add(a.key, fmt.Sprintf("%s is also the address of %s", a.address, taken[a.address]), "give each its own port")
		}
		taken[a.address] = a.key
	}
}

// acme checks what is set of ACME.
func (k *checker) acme(c Config) {
	k.url("acmeTerms", c.ACMETerms, "http", "https")
	for _, name := range strings.Split(c.ACMEOpen, "/") {
		if n := strings.Count(c.ACMEOpen, "/"); c.ACMEOpen != "" && (!label.MatchString(name) || n < 1 || n > 2) {
			k.add("acmeOpen", fmt.Sprintf("%q is no scope", c.ACMEOpen), "write it as tenant/project or tenant/project/stage")
			break
		}
	}
	for key, port := range map[string]int{"acmeHttpPort": c.ACMEHTTPPort, "acmeTlsPort": c.ACMETLSPort} {
		if port < 1 || port > 65535 {
			k.add(key, fmt.Sprintf("%d is no port", port), "use 1 to 65535")
		}
	}
}

func (k *checker) names(c Config) {
	if c.WorkloadAPI != "" && c.WorkloadAPI != "off" && !filepath.IsAbs(c.WorkloadAPI) {
		k.add("workloadApi", fmt.Sprintf("%q is not an absolute path", c.WorkloadAPI), "give one, such as /run/terrace/workload-api.sock, or off")
	}
	if _, port, err := net.SplitHostPort(c.Resolver); c.Resolver != "" && (err != nil || port == "") {
		k.add("resolver", fmt.Sprintf("%q is not an address", c.Resolver), "use host:port, such as 10.0.0.2:53")
	}
	for _, n := range []struct{ key, name string }{{"tenant", c.Tenant}, {"project", c.Project}} {
		if !label.MatchString(n.name) {
			k.add(n.key, fmt.Sprintf("the name %q is not possible", n.name), "use 1 to 40 lower-case letters, digits or '-', starting and ending with a letter or digit")
		}
	}
	if c.Zone == "" {
		k.add("zone", "it is empty", "use localhost, or a zone that is delegated to Terrace")
	}
}

// url never repeats the value: it may hold a password or a key.
func (k *checker) url(path, value string, schemes ...string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	if err != nil || !slices.Contains(schemes, u.Scheme) {
		k.add(path, "this is not a URL that can be used here", fmt.Sprintf("use one of the schemes %v", schemes))
		return
	}
	if (u.Scheme == "sqlite" || u.Scheme == "file") && u.Host != "" {
		k.add(path, fmt.Sprintf("the path does not start with a slash: %q would be taken for a host", u.Host), "write it absolute, with three slashes: "+u.Scheme+":///path")
	}
}

func (k *checker) oneOf(path, value string, options ...string) {
	if !slices.Contains(options, value) {
		k.add(path, fmt.Sprintf("%q is not possible", value), fmt.Sprintf("use one of %v", options))
	}
}

// limits checks those of runs.
func (k *checker) limits(c Config) {
	for _, l := range []struct {
		key          string
		value, least int
	}{{"runMemory", c.RunMemory, 128}, {"runProcesses", c.RunProcesses, 8}, {"runDisk", c.RunDisk, 256}, {"runOutput", c.RunOutput, 1}} {
		if l.value != 0 && l.value < l.least {
			k.add(l.key, fmt.Sprintf("%d is too little for terraform and a provider", l.value), fmt.Sprintf("use at least %d, or 0 for no limit", l.least))
		}
	}
	if time.Duration(c.RunTime) < time.Second {
		k.add("runTime", fmt.Sprintf("%s is too little for terraform", c.RunTime), "use a time of at least 1s, such as 1h")
	}
	if time.Duration(c.BuildTime) < time.Second {
		k.add("buildTime", fmt.Sprintf("%s is too little for a compiler", c.BuildTime), "use a time of at least 1s, such as 10m")
	}
	if d := time.Duration(c.ExemptionTime); d < time.Minute || d > 366*24*time.Hour {
		k.add("exemptionTime", fmt.Sprintf("%s is no time for which somebody may be exempt", c.ExemptionTime), "use a time of at least 1m and at most a year, such as 2160h")
	}
}

// isOrigin reports whether a text is the origin of web pages (RFC 6454 §6.1), or *.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return text == "*" || err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && text == u.Scheme+"://"+u.Host && !strings.Contains(text, "*")
}

// observation checks how the gateway is observed.
func (k *checker) observation(c Config) {
	if ratio, err := strconv.ParseFloat(c.GatewayTraces, 64); err != nil || ratio < 0 || ratio > 1 || math.IsNaN(ratio) {
		k.add("gatewayTraces", fmt.Sprintf("%q is no share", c.GatewayTraces), "use a number from 0 to 1, such as 0.01 for one of a hundred")
	}
	switch log := c.GatewayAccessLog; {
	case log == "", log == "stdout", log == "stderr", log == "off", filepath.IsAbs(log):
	default:
		k.add("gatewayAccessLog", fmt.Sprintf("%q is no place for the access log", log), "use stdout, stderr, off or the absolute path of a file")
	}
	if c.BackupsKept < 1 || c.BackupsKept > 100 {
		k.add("backupsKept", fmt.Sprintf("%d is out of bounds", c.BackupsKept), "use 1 to 100")
	}
	if c.GatewayConsumers < 1 || c.GatewayConsumers > 1000 {
		k.add("gatewayConsumers", fmt.Sprintf("%d is out of bounds", c.GatewayConsumers), "use 1 to 1000")
	}
}
