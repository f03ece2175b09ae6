package main

// Whether the authorities in the caBundle fields are the ones of the server, and still valid.

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/certs"
)

func (d *doctor) checkAuthority(ctx context.Context) []check {
	all, _, err := d.entries(ctx)
	if err != nil {
		return []check{notTold("the caBundle fields", err)}
	}
	var signer *x509.Certificate
	secret, secretErr := d.client.CoreV1().Secrets(d.serverNamespace).Get(ctx, certs.DefaultSecretName, metav1.GetOptions{})
	if secretErr == nil {
		signer = certs.SignerOf(secret)
	}
	var unreadable, expired, foreign []string
	for _, e := range all {
		bundle := e.client.CABundle
		if len(bundle) == 0 {
			continue // the check of the configurations says so
		}
		authorities := certificatesIn(bundle)
		now := time.Now()
		switch {
		case len(authorities) == 0:
			unreadable = append(unreadable, e.name)
		case !slices.ContainsFunc(authorities, func(c *x509.Certificate) bool { return !now.Before(c.NotBefore) && !now.After(c.NotAfter) }):
			expired = append(expired, e.name)
		case signer != nil && !slices.ContainsFunc(authorities, signer.Equal):
			foreign = append(foreign, e.name)
		}
	}
	const repairs = "the server repairs its own configurations within seconds, if it runs and may patch them; see its log, and in managedFields who else writes the caBundle"
	var found []check
	for _, problem := range []struct {
		entries      []string
		what, remedy string
	}{
		{unreadable, "entries whose caBundle holds no certificate", repairs},
		{expired, "entries whose caBundle holds only authorities that have expired or are not valid yet", repairs},
		{foreign, fmt.Sprintf("entries whose caBundle is of another authority than the server's (Secret %s/%s)", d.serverNamespace, certs.DefaultSecretName), repairs},
	} {
		if len(problem.entries) > 0 {
			found = append(found, isWrong(problem.remedy, "%s: %s", problem.what, someOf(problem.entries)))
		}
	}
	switch {
	case len(found) > 0:
		return found
	case apierrors.IsNotFound(secretErr):
		return []check{isOK("there is no Secret %s/%s: the certificate comes from elsewhere, or the server has not made one yet", d.serverNamespace, certs.DefaultSecretName)}
	case secretErr != nil:
		return []check{notTold("the server's authority", secretErr)}
	case signer == nil:
		return []check{isWrong("delete it, and the server makes a new one", "Secret %s/%s holds no authority that can be read", d.serverNamespace, certs.DefaultSecretName)}
	}
	return []check{isOK("every caBundle is of the server's authority, which is valid until %s", signer.NotAfter.UTC().Format(time.DateOnly))}
}

// certificatesIn reads the certificates of a PEM text.
func certificatesIn(text []byte) (found []*x509.Certificate) {
	for len(bytes.TrimSpace(text)) > 0 {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return found
		}
		if certificate, err := x509.ParseCertificate(block.Bytes); err == nil {
			found = append(found, certificate)
		}
	}
	return found
}
