// SPDX-License-Identifier: Apache-2.0
#include <millrace/content_hash.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace millrace::flows {

namespace {

constexpr std::size_t block_bytes = 64;

using state_words = std::array<std::uint32_t, 8>;

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
constexpr std::array<std::uint32_t, 64> round_constants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

constexpr std::uint32_t rotate(std::uint32_t word, unsigned bits) noexcept {
  return (word >> bits) | (word << (32U - bits));
}

std::array<std::uint32_t, 64> schedule(std::string_view block) noexcept {
  std::array<std::uint32_t, 64> words{};
  for (std::size_t i = 0; i < block_bytes; ++i) {
    words[i / 4] = (words[i / 4] << 8U) | static_cast<unsigned char>(block[i]);
  }
  for (std::size_t i = 16; i < words.size(); ++i) {
    const std::uint32_t a = words[i - 15];
    const std::uint32_t b = words[i - 2];
    words[i] = words[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3U)) + words[i - 7] +
               (rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10U));
  }
  return words;
}

void mix(state_words& state, std::string_view block) noexcept {
  const auto words = schedule(block);
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::uint32_t first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                                ((e & f) ^ (~e & g)) + round_constants[i] + words[i];
    const std::uint32_t second =
        (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + second;
  }
  const state_words mixed{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < state.size(); ++i) {
    state[i] += mixed[i];
  }
}

/// What is left of the text, the end mark and the length in bits: one block or two.
std::string last_blocks(std::string_view rest, std::uint64_t text_bytes) {
  std::string blocks(rest);
  blocks += static_cast<char>(0x80);
  while (blocks.size() % block_bytes != block_bytes - 8) {
    blocks += '\0';
  }
  for (unsigned shift = 64; shift > 0; shift -= 8) {
    blocks += static_cast<char>((text_bytes * 8) >> (shift - 8) & 0xFFU);
  }
  return blocks;
}

void mix_all(state_words& state, std::string_view blocks) noexcept {
  for (; blocks.size() >= block_bytes; blocks.remove_prefix(block_bytes)) {
    mix(state, blocks.substr(0, block_bytes));
  }
}

} // namespace

std::string content_hash(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  state_words state{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  const std::size_t whole_bytes = text.size() / block_bytes * block_bytes;
  mix_all(state, text.substr(0, whole_bytes));
  mix_all(state, last_blocks(text.substr(whole_bytes), text.size()));
  std::string hash;
  for (const std::uint32_t word : state) {
    for (unsigned shift = 32; shift > 0; shift -= 4) {
      hash += digits[word >> (shift - 4) & 0xFU];
    }
  }
  return hash;
}

} // namespace millrace::flows
