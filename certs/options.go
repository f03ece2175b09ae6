package certs

import (
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/utils/clock"
)

// Defaults of SelfManagedOptions.
const (
	DefaultSecretName   = "kruise-admission-ca"
	DefaultLeafLifetime = 7 * 24 * time.Hour
	DefaultCALifetime   = 365 * 24 * time.Hour
	DefaultSettle       = time.Minute
)

// SelfManagedOptions say what a SelfManaged source makes.
type SelfManagedOptions struct {
	// Identity is what the certificate is for. The Secret lives in its namespace.
	Identity Identity
	// SecretName names the Secret of the CA. Default: [DefaultSecretName].
	SecretName string
	// LeafLifetime is how long a serving certificate is valid; it is renewed after about two thirds.
	// Default: [DefaultLeafLifetime].
	LeafLifetime time.Duration
	// CALifetime is how long a CA is valid; it is rotated after about two thirds. Default: [DefaultCALifetime].
	CALifetime time.Duration
	// Settle is how long a new CA must have been seen in every configuration before it signs. Default:
	// [DefaultSettle].
	Settle time.Duration
	// Log receives what is done, and why something cannot be. Default: nothing.
	Log logr.Logger
	// Clock tells the time. Default: the real one.
	Clock clock.Clock
}

func (o *SelfManagedOptions) complete() error {
	if err := o.Identity.Validate(); err != nil {
		return err
	}
	if o.SecretName == "" {
		o.SecretName = DefaultSecretName
	}
	for _, d := range []struct {
		value    *time.Duration
		name     string
		fallback time.Duration
	}{
		{&o.LeafLifetime, "leaf lifetime", DefaultLeafLifetime},
		{&o.CALifetime, "CA lifetime", DefaultCALifetime},
		{&o.Settle, "settle time", DefaultSettle},
	} {
		if *d.value == 0 {
			*d.value = d.fallback
		}
		if *d.value < time.Second {
			return fmt.Errorf("%s %v is too short; give at least 1s", d.name, *d.value)
		}
	}
	// Otherwise a leaf could outlive its CA, or a rotation begin before the one before has ended.
	if least := 3 * (o.LeafLifetime + o.Settle); o.CALifetime < least {
		return fmt.Errorf("CA lifetime %v is too short for leaf lifetime %v and settle time %v; give at least %v",
			o.CALifetime, o.LeafLifetime, o.Settle, least)
	}
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	return nil
}
