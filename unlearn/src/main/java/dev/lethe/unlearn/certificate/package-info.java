/** How close a published model is to the one trained without the data, and what that statement relies on. */
package dev.lethe.unlearn.certificate;
