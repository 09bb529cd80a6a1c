package natsbridge

import "context"

// AwaitExporter returns when the bridge acts for its NATS cluster.
func (b *Bridge) AwaitExporter(ctx context.Context) error {
	return b.until(ctx, func() bool { return b.core.Exporter() })
}
