package main

import (
	"time"

	"github.com/spf13/pflag"

	"github.com/kruise-admission/kruise-admission/certs"
)

// lifetimeFlags are the times of the self-managed certificate and its authority.
type lifetimeFlags struct{ certificate, authority, settle time.Duration }

func (l *lifetimeFlags) add(flags *pflag.FlagSet) {
	flags.DurationVar(&l.certificate, "certificate-lifetime", certs.DefaultLeafLifetime,
		"`time` for which a self-managed certificate is valid; it is renewed after two thirds")
	flags.DurationVar(&l.authority, "ca-lifetime", certs.DefaultCALifetime,
		"`time` for which the self-managed authority is valid; it is rotated after two thirds, without an interruption")
	flags.DurationVar(&l.settle, "ca-settle", certs.DefaultSettle,
		"`time` for which the next authority must have been in every caBundle before it signs")
}

// on sets the times in options, which check them.
func (l *lifetimeFlags) on(options certs.SelfManagedOptions) certs.SelfManagedOptions {
	options.LeafLifetime, options.CALifetime, options.Settle = l.certificate, l.authority, l.settle
	return options
}
