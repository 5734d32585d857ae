/**
 * The service over HTTP: health, metrics and questions. Every route is a class of its own and stands in
 * {@code schemas/openapi.yaml}; errors are {@code application/problem+json} (RFC 9457).
 */
package dev.lethe.streams.http;
