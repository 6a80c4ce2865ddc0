// Package waf is the gateway's web application firewall, the kind of policy
// WafPolicy: requests, and answers where that is asked for, are judged by the
// OWASP Core Rule Set, and refused or only told of.
//
// It owns the policy's spec, which parts of a message are judged and how much
// of it at a time, what a client is told, and the counts from which a policy is
// tuned. The rules are package engine's business.
package waf
