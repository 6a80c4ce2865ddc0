// Package leakscan finds values in texts that should not be there: keys, tokens and
// passwords by the rules of gitleaks, and values that the caller knows by their keyed
// hashes alone.
//
// It owns how a text is looked through, within bounds, and that no value leaves it: a
// match has a few of its characters at most, and a fingerprint. The rules are gitleaks's
// own. It does not own where texts come from, nor what becomes of a match.
package leakscan
