package azure

import (
	"regexp"
	"strings"
)

// headerNames are the names of all headers of a request in lower case, each between commas.
const headerNames = `("," + string.Join(",", context.Request.Headers.Keys) + ",").ToLower()`

// relayed are headers by which proxies tell of a client and that are taken from requests, or
// set anew. Of others of their kind API Management can take none by what they begin with.
func relayed() []string {
	return []string{
		"Forwarded", "X-Real-Ip", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server", "X-Forwarded-Scheme", "X-Forwarded-Ssl", "X-Forwarded-By",
		"Terrace-Mirrored", "Terrace-Release", "Proxy-Authorization",
	}
}

// renewed are those that say to the service what is so.
func (d *document) renewed() []attribute {
	return []attribute{{"X-Forwarded-For", expression(variable(varClient))}, {"X-Forwarded-Host", expression(d.wanted())}, {"X-Forwarded-Proto", "https"}}
}

// distrusts refuses headers that only the platform may set, in all forms that a service may
// take for them: CGI reads an underscore as a hyphen.
func (d *document) distrusts() []element {
	known := relayed()
	for _, h := range d.renewed() {
		known = append(known, h.name)
	}
	pattern := ",(?!" + strings.ToLower(strings.Join(quoteAll(known), ",|")) + ",)" + `(terrace[-_]|x[-_]forwarded[-_]|x[-_]real[-_]ip,|content_length,|transfer_encoding,)`
	var by choice
	by.when(found(headerNames, pattern), answer("400", "Bad Request", "A header is one that only the platform may set"))
	return by.done()
}

// honest has the service get what is so of the client, not what the client says of itself.
func (d *document) honest() []element {
	var all []element
	for _, h := range d.renewed() {
		all = append(all, setHeader(h.name, "override", h.value))
	}
	for _, name := range relayed() {
		all = append(all, setHeader(name, "delete", ""))
	}
	return all
}

// owned takes headers that tell of the caller out of a request, and refuses those that a
// service may take for them.
func owned(names []string) []element {
	var all []element
	var forms []string
	for _, name := range names {
		all = append(all, setHeader(name, "delete", ""))
		plain := regexp.QuoteMeta(strings.ToLower(name))
		if form := strings.NewReplacer("-", "[-_]", "_", "[-_]").Replace(plain); form != plain {
			forms = append(forms, "(?!"+plain+",)"+form)
		}
	}
	if len(forms) == 0 {
		return all
	}
	var by choice
	by.when(found(headerNames, ",("+strings.Join(forms, "|")+"),"), answer("400", "Bad Request", "A header is one that only the platform may set"))
	return append(by.done(), all...)
}

func quoteAll(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = regexp.QuoteMeta(name)
	}
	return out
}
