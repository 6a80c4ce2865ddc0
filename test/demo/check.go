package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/miekg/dns"
)

// checkTimeout bounds the check of one stage.
const checkTimeout = 15 * time.Second

// answer is what the service said in one stage, and how it was reached.
type answer struct {
	Stage, URL, IP string
	Said           description
}

// description is the service's answer to GET /.
type description struct {
	Service, Version, Release, Stage string
	Cache                            struct {
		OK   bool
		Hits int64
	}
	Topic struct {
		OK       bool
		Messages uint64
	}
	Secret struct {
		Present     bool
		Fingerprint string
	}
}

// checkAll reaches the service in every stage as a user outside would.
func (d *demo) checkAll(ctx context.Context) ([]answer, error) {
	urls, err := d.urls(ctx)
	if err != nil {
		return nil, err
	}
	var all []answer
	var failed []error
	for _, stage := range stages() {
		a, err := d.check(ctx, stage, urls[stage])
		if err != nil {
			failed = append(failed, fmt.Errorf("stage %s: %w", stage, err))
			continue
		}
		all = append(all, a)
	}
	return all, errors.Join(failed...)
}

// urls asks the client for the address in each stage.
func (d *demo) urls(ctx context.Context) (map[string]string, error) {
	out, err := d.client(ctx, "", nil, "status", d.service, "-o", "json")
	if err != nil {
		return nil, err
	}
	var status struct {
		Stages []struct {
			Stage string
			URLs  map[string]string
		}
	}
	if err := json.Unmarshal(out, &status); err != nil {
		return nil, fmt.Errorf("read the status: %w", err)
	}
	urls := map[string]string{}
	for _, s := range status.Stages {
		for _, u := range s.URLs {
			urls[s.Stage] = u
		}
	}
	return urls, nil
}

func (d *demo) check(ctx context.Context, stage, address string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	a := answer{Stage: stage, URL: address}
	u, err := url.Parse(address)
	if err != nil {
		return a, fmt.Errorf("read the address: %w", err)
	}
	if u.Scheme != "https" {
		return a, fmt.Errorf("the address %q is not one over TLS", address)
	}
	if want := d.service + "." + stage + "." + d.project + ".localhost"; u.Hostname() != want {
		return a, fmt.Errorf("the host is %s, not %s", u.Hostname(), want)
	}
	if a.IP, err = d.resolve(ctx, u.Hostname()); err != nil {
		return a, err
	}
	if err := d.get(ctx, &a, u); err != nil {
		return a, err
	}
	return a, d.judge(a)
}

// resolve asks Terrace's own name server, over UDP.
func (d *demo) resolve(ctx context.Context, host string) (string, error) {
	server := cmp.Or(d.daemon.local.DNS, "127.0.0.1:7053")
	question := new(dns.Msg).SetQuestion(dns.Fqdn(host), dns.TypeA)
	reply, _, err := (&dns.Client{Net: "udp", Timeout: 2 * time.Second}).ExchangeContext(ctx, question, server)
	if err != nil {
		return "", fmt.Errorf("ask the name server %s for %s: %w", server, host, err)
	}
	for _, record := range reply.Answer {
		if a, ok := record.(*dns.A); ok {
			return a.A.String(), nil
		}
	}
	return "", fmt.Errorf("the name server %s has no address for %s: %s", server, host, dns.RcodeToString[reply.Rcode])
}

// get calls the service at the resolved address; the certificate must be for
// its name and from Terrace's own authority.
func (d *demo) get(ctx context.Context, a *answer, u *url.URL) error {
	roots, err := d.roots()
	if err != nil {
		return err
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort(a.IP, cmp.Or(u.Port(), "443")))
		},
	}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.URL, nil)
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return fmt.Errorf("call the service: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("read the service's answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the service answered %s: %s", res.Status, body)
	}
	if err := json.Unmarshal(body, &a.Said); err != nil {
		return fmt.Errorf("the service's answer %q cannot be read: %w", body, err)
	}
	return nil
}

func (d *demo) ca() string {
	return cmp.Or(d.daemon.local.CA, filepath.Join(d.daemon.data(), "pki", "root.pem"))
}

func (d *demo) roots() (*x509.CertPool, error) {
	pem, err := os.ReadFile(d.ca())
	if err != nil {
		return nil, fmt.Errorf("read the authority's certificate: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate", d.ca())
	}
	return roots, nil
}

// judge compares what the service said with what was promoted.
func (d *demo) judge(a answer) error {
	s := a.Said
	switch {
	case s.Service != d.service || s.Stage != a.Stage:
		return fmt.Errorf("%s of %s answered", s.Service, s.Stage)
	case s.Release != d.release || s.Version != d.version || s.Version == "":
		return fmt.Errorf("release %s, version %q answered, not %s, %q", s.Release, s.Version, d.release, d.version)
	case !s.Cache.OK || s.Cache.Hits < 1:
		return errors.New("its cache does not work")
	case !s.Topic.OK || s.Topic.Messages < 1:
		return errors.New("its topic does not work")
	case !s.Secret.Present:
		return errors.New("its secret is missing")
	}
	return nil
}

func (d *demo) printAnswers(all []answer) {
	t := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "STAGE\tADDRESS\tVERSION\tCACHE HITS\tMESSAGES\tSECRET")
	for _, a := range all {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%s\n", a.Stage, a.URL, a.Said.Version, a.Said.Cache.Hits, a.Said.Topic.Messages, a.Said.Secret.Fingerprint)
	}
	_ = t.Flush()
}

// printWays tells how to ask the services oneself, as long as they run.
func (d *demo) printWays(all []answer) {
	fmt.Println("\nReach them with")
	for _, a := range all {
		u, err := url.Parse(a.URL)
		if err != nil {
			continue // it was parsed before
		}
		fmt.Printf("  curl --cacert %s --resolve %s:%s:%s %s\n", d.ca(), u.Hostname(), cmp.Or(u.Port(), "443"), a.IP, a.URL)
	}
}
