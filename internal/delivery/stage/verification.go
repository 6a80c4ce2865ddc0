package stage

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// The bounds of checks.
const (
	maxCheckTime    = time.Hour
	maxMeasurements = 1000
	maxArguments    = 100
	maxMemory       = 64 << 10
	minVerifyEvery  = time.Minute
	maxVerifyEvery  = 31 * 24 * time.Hour
)

// verification checks what says how a stage is verified, and what follows.
func (c *checker) verification(path string, s Stage) {
	names := map[string]bool{}
	for i, k := range s.Verify {
		at := fmt.Sprintf("%s.verify[%d]", path, i)
		if names[k.Name] && k.Name != "" {
			c.add(at+".name", fmt.Sprintf("%q is the name of another check", k.Name), "give each its own: results are told by it")
		}
		names[k.Name] = true
		c.check(at, k)
	}
	if e := s.VerifyEvery; e != 0 && (e < minVerifyEvery || e > maxVerifyEvery) {
		c.add(path+".verifyEvery", fmt.Sprintf("%s is not possible", e), "use a time from 1m to 31 days, such as 10m, or leave it out for never")
	}
	if s.Rollback != "" {
		c.oneOf(path+".rollback", s.Rollback, RollbackManual, RollbackAutomatic)
	}
}

func (c *checker) check(path string, k Check) {
	kinds := 0
	for _, given := range []bool{k.HTTP != nil, k.Command != nil, k.Prometheus != nil} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds == 0:
		c.add(path, "the check checks nothing", "add http with a path, command with an argv, or prometheus with a server and a query")
	case kinds > 1:
		c.add(path, "it is more than one check", "make a check of each")
	case k.HTTP != nil:
		c.http(path+".http", *k.HTTP)
	case k.Command != nil:
		c.command(path+".command", *k.Command)
	default:
		c.prometheus(path+".prometheus", *k.Prometheus)
	}
	if kinds == 1 && k.HTTP == nil && k.Name == "" {
		c.add(path+".name", "it has none", "name it: results are told by it")
	}
}

// headerName is a token of RFC 9110 §5.6.2.
var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

func (c *checker) http(path string, h HTTPCheck) {
	if h.Path != "" && !strings.HasPrefix(h.Path, "/") {
		c.add(path+".path", fmt.Sprintf("%q is not a path", h.Path), "start it with /, or leave it out for the path of the readiness probe")
	}
	if s := h.Status; s != 0 && (s < 100 || s > 599) {
		c.add(path+".status", fmt.Sprintf("%d is not a status", s), "use a number from 100 to 599, or 0 for any from 200 to 299")
	}
	c.within(path+".timeout", h.Timeout)
	for _, name := range slices.Sorted(maps.Keys(h.Headers)) {
		referred := c.referred(path+".headers."+name, h.Headers[name])
		switch key := http.CanonicalHeaderKey(name); {
		case referred && key != "Host" && headerName.MatchString(name):
		case key == "Authorization" || key == "Proxy-Authorization" || key == "Cookie" || SecretVariable(strings.ReplaceAll(name, "-", "_")):
			c.add(path+".headers."+name, "it carries a secret, which has no place in a configuration", "keep it with terrace secret set, and write ${secret:NAME} in its place")
		case key == "Host" || !headerName.MatchString(name) || strings.ContainsAny(h.Headers[name], "\r\n\x00"):
			c.add(path+".headers."+name, "it cannot be set", "leave it out")
		}
	}
}

// referred reports whether a value has a reference to a secret, and tells what is wrong with one.
func (c *checker) referred(path, value string) bool {
	if !secretref.Mentions(value) {
		return false
	}
	if _, err := secretref.Split(value); err != nil {
		c.add(path, err.Error(), "write ${secret:NAME}, with #KEY for one of its keys and @VERSION for one version")
	}
	return true
}

func (c *checker) within(path string, d time.Duration) {
	if d < 0 || d > maxCheckTime {
		c.add(path, fmt.Sprintf("%s is not possible", d), "use at most 1h")
	}
}

func (c *checker) command(path string, k CommandCheck) {
	switch {
	case len(k.Argv) == 0 || k.Argv[0] == "":
		c.add(path+".argv", "there is no program", "write it as a list, such as [/opt/checks/smoke, --fast]")
	case len(k.Argv) > maxArguments || slices.ContainsFunc(k.Argv, func(a string) bool { return strings.ContainsRune(a, 0) }):
		c.add(path+".argv", "no program can be started with it", fmt.Sprintf("use at most %d arguments, without the character 0", maxArguments))
	case strings.Contains(k.Argv[0], "/") && !filepath.IsAbs(k.Argv[0]):
		c.add(path+".argv", fmt.Sprintf("%q depends on the folder in which it is started", k.Argv[0]), "write the whole path, or a name that is on the PATH of the daemon")
	}
	plain := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(k.Environment)) {
		value := k.Environment[name]
		if c.referred(path+".environment."+name, value) && SecretVariable(name) && !reserved(name) {
			name, value = "REFERRED_"+strconv.Itoa(len(plain)), "" // its name may say what it is
		}
		plain[name] = value
	}
	c.environment(path+".environment", plain, "keep it with terrace secret set, and write ${secret:NAME} in its place")
	c.within(path+".timeout", k.Timeout)
	if k.Memory < 0 || k.Memory > maxMemory {
		c.add(path+".memory", fmt.Sprintf("%d MiB are not possible", k.Memory), fmt.Sprintf("use up to %d, or leave it out for %d", maxMemory, DefaultCommandMemory))
	}
}

func (c *checker) prometheus(path string, p PrometheusCheck) {
	c.metricServer(path, p)
	if strings.TrimSpace(p.Query) == "" {
		c.add(path+".query", "there is none", "write PromQL, such as rate(http_requests_failed{workload=${workload}}[5m])")
	}
	for _, unknown := range unknownPlaceholders(p.Query) {
		c.add(path+".query", fmt.Sprintf("there is no placeholder %s", unknown), "use ${"+strings.Join(Placeholders(), "}, ${")+"}")
	}
	if p.Condition != "" {
		if _, err := ParseCondition(p.Condition); err != nil {
			c.add(path+".condition", err.Error(), "write it as < 0.01; the operators are <, <=, >, >=, == and !=")
		}
	}
	c.measurements(path, p)
	if p.NoData == "" {
		return
	}
	c.oneOf(path+".noData", p.NoData, NoDataFail, NoDataPass, NoDataWait)
	switch {
	case p.Condition == "" && p.NoData != NoDataFail:
		c.add(path+".noData", "without a condition no sample means that the query's own comparison did not hold", "write the comparison as condition, or leave noData out")
	case p.NoData == NoDataWait && p.For == 0:
		c.add(path+".noData", "one measurement cannot wait", "say with for how long it is measured")
	}
}

func (c *checker) measurements(path string, p PrometheusCheck) {
	every := p.Every
	if every == 0 {
		every = DefaultMeasureEvery
	}
	switch {
	case p.For < 0 || p.For > maxCheckTime:
		c.within(path+".for", p.For)
	case p.Every < 0 || p.Every > 0 && p.Every < time.Second:
		c.add(path+".every", fmt.Sprintf("%s is not possible", p.Every), "use at least 1s")
	case p.For == 0 && p.Every > 0:
		c.add(path+".every", "there is no for: it is measured once", "say with for how long it is measured, or leave every out")
	case p.For/every > maxMeasurements:
		c.add(path+".every", fmt.Sprintf("%d measurements are too many", p.For/every), fmt.Sprintf("use at most %d", maxMeasurements))
	case p.Failures < 0 || p.Failures > 0 && time.Duration(p.Failures) > p.For/every:
		c.add(path+".failures", fmt.Sprintf("%d may fail of %d measurements: it could not fail", p.Failures, p.For/every+1), "use a smaller number")
	}
	if p.Timeout < 0 || p.Timeout > time.Minute {
		c.add(path+".timeout", fmt.Sprintf("%s is not possible", p.Timeout), "use at most 1m for one measurement")
	}
}

func (c *checker) metricServer(path string, p PrometheusCheck) {
	u, err := url.Parse(p.Server)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		c.add(path+".server", "it is no address of a server", "write https://prometheus.example")
	case u.User != nil || u.RawQuery != "":
		c.add(path+".server", "the address carries more than a host and a path", "put a token into a file or a variable, and name that as tokenFile or tokenVariable")
	case u.Scheme == "http" && (p.TokenFile != "" || p.TokenVariable != "") && !loopback(u.Hostname()):
		c.add(path+".server", "the token would go to it in the clear", "use https://…")
	}
	if p.TokenFile != "" && p.TokenVariable != "" {
		c.add(path+".tokenFile", "there is a tokenVariable as well", "keep one of them")
	}
}
